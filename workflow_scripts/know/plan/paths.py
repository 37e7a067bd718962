"""Paths that a config names: where a relative one is looked for."""

import glob
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from know.configuration import read_config_file
from know.errors import raise_all
from know.plan.requests import IMPORTED, Row, Settings

_PLACES = (
    "runs",
    "tables.*.runs",
    "landscape.views.*.runs",
    "data_root",
    "container",
    "modules.*",
    "architectures.*.options.weights",
    "architectures.*.options.encoder_weights",
    "hypernetworks.*.source",
)
"""Where a config names files and folders; `*` stands for every key."""
_NO_PATHS = ("shipped", "trained", "timm", "imagenet")
"""Words that those places know besides paths."""


def located(config: Settings, files: Sequence[Path], project: Path) -> dict[str, Any]:
    """Return a config whose relative paths lead from the working directory.

    A path is looked for beside the config file that names it, then below the working
    directory, then in the project's folder. The first that exists is taken; one that is
    nowhere is left as it is, for a job to make or a check to refuse.

    Args:
        config: the merged config files.
        files: those config files, each laid over those before it.
        project: folder of the Snakefile.
    """
    own: dict[str, Any] = _copied(config)
    named = [(file.parent, _paths_in(read_config_file(file))) for file in files]
    for place, path in _paths_in(own).items():
        if path.split("/")[0] in _NO_PATHS or Path(path).is_absolute():
            continue
        beside = [folder for folder, paths in named if paths.get(place) == path]
        folders = (*reversed(beside), Path(), project)
        found = next((f for f in folders if (f / path).exists()), Path())
        # As it is written where that means the same, so that finished jobs stay so.
        if not found.samefile(Path()):
            _put(own, place, os.path.relpath(found / path))
    return own


def with_stage_paths(rows: Sequence[Row], sheet: Path) -> list[dict[str, Any]]:
    """Replace the globs of stages in a run sheet by what they find, Theta_0 first.

    A `|` stands between globs, relative to the sheet's folder; what one of them finds
    is ordered by the numbers in the names.

    Raises:
        KnowError: naming every glob that finds nothing.
    """
    resolved, problems = [], []
    for row in map(dict, rows):
        found: list[str] = []
        for pattern in map(str.strip, row.get(IMPORTED, "").split("|")):
            # Of absolute patterns too, which those of pathlib cannot be.
            names = glob.glob(pattern, root_dir=sheet.parent)  # noqa: PTH207
            if pattern and not names:
                problems.append(
                    f"run {row['run']}: wanted its stages at {pattern!r}, found none"
                )
            ordered = sorted(names, key=_by_number)
            found += [os.path.relpath(sheet.parent / name) for name in ordered]
        resolved.append({**row, IMPORTED: tuple(found)} if found else row)
    raise_all(problems, f"{sheet} names what is not there")
    return resolved


def _by_number(name: str) -> list[int | str]:
    """Return a key that puts stage-10 behind stage-9."""
    parts = re.split("([0-9]+)", name)
    return [int(part) if part.isdecimal() else part for part in parts]


def _copied(value: Any) -> Any:
    """Copy mappings and lists at any depth; YAML may share one between two places."""
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _paths_in(config: Any) -> dict[tuple[Any, ...], str]:
    """Return every path that a config names, by the keys that lead to it."""
    places = (tuple(place.split(".")) for place in _PLACES)
    return {keys: path for place in places for keys, path in _find(config, place)}


def _find(value: Any, place: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if not place:
        if isinstance(value, str):
            yield (), value
        return
    inner = dict(enumerate(value)) if isinstance(value, list) else value
    if not isinstance(inner, Mapping):
        return
    for key in inner if place[0] == "*" else [place[0]]:
        for keys, path in _find(inner.get(key), place[1:]):
            yield (key, *keys), path


def _put(config: Any, keys: Sequence[Any], path: str) -> None:
    for key in keys[:-1]:
        config = config[key]
    config[keys[-1]] = path
