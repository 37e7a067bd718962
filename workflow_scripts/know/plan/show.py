"""Parts of the plan, by their paths or ids."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from know.errors import KnowError, raise_all

_FIGURES_AND_TIMES = {"table7": "times", "figure3": "landscape"}
"""Sections of the plan whose results have other names."""
_DEPTH_OF_AN_ID = 2
"""Ids name entries of a section, such as runs; deeper ones are found by path."""


def overview(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Sum a plan up: what each table and run is, and what else can be looked at."""
    tables = {
        table: {
            "runs": [run["run"] for run in entry["facts"]["runs"]],
            "tasks": [task["task"] for task in entry["facts"]["tasks"]],
            "methods": [method["method"] for method in entry["facts"]["methods"]],
            "score files": len(entry["scores"]),
        }
        for table, entry in plan["tables"].items()
    }
    runs = {
        run: {
            "images": entry["settings"]["images"],
            "rate": round(entry["rate"], 4),
            "stages": entry["num_stages"],
            "network": entry["settings"]["network"],
        }
        for run, entry in plan["runs"].items()
    }
    shown = {"tables": tables, "runs": runs, "sections": list(plan)}
    # What the config asks for; other entries answer whoever asks for more.
    refused = {k: why for k, why in plan["refused"].items() if k != "selection_table"}
    return {"refused": refused, **shown} if refused else shown


def find_entry(plan: Mapping[str, Any], wanted: str) -> Any:
    """Find the part of a plan that a user asks for.

    Args:
        plan: from `resolve_project`.
        wanted: a path such as `runs/shapes100-s0`, the id of an entry, or a file below
            `results/`, which stands for the entry that it belongs to.

    Returns:
        That part, or the paths to choose from where an id names several.

    Raises:
        KnowError: if the plan has no such part, naming similar ones, or if the config
            makes the wanted table impossible, saying why.
    """
    wanted = wanted.removeprefix("results/").strip("/")
    paths = dict(_paths(plan, ""))
    # A file belongs to the entry that its folder names.
    parents = map(str, PurePath(wanted).parents) if PurePath(wanted).suffix else ()
    for path in (wanted, *parents):
        if path in paths:
            return paths[path]
    name = PurePath(_FIGURES_AND_TIMES.get(wanted.split(".")[0], wanted)).stem
    named = [path for path in paths if path == name or path.endswith(f"/{name}")]
    entries = [path for path in named if path.count("/") < _DEPTH_OF_AN_ID]
    if refused := plan["refused"].get(f"tables/{name}", plan["refused"].get(name)):
        raise_all(refused, f"{wanted} cannot be made")
    if entries or named:
        chosen = entries or named
        return paths[chosen[0]] if len(chosen) == 1 else chosen
    names = [path.rpartition("/")[2] for path in paths]
    alike = difflib.get_close_matches(wanted, [*names, *paths])
    raise KnowError(
        f"there is no {wanted!r} in the plan; "
        + (f"similar: {', '.join(dict.fromkeys(alike))}; " if alike else "")
        + f"the plan has {', '.join(plan)}"
    )


def without_nulls(part: Any) -> Any:
    """Leave out what a part of the plan does not set, at any depth."""
    if isinstance(part, list):
        return [without_nulls(value) for value in part]
    if not isinstance(part, Mapping):
        return part
    return {key: without_nulls(v) for key, v in part.items() if v is not None}


def _paths(entry: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(entry, dict):
        for key, value in entry.items():
            yield f"{path}{key}", value
            yield from _paths(value, f"{path}{key}/")
