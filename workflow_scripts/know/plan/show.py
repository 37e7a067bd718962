"""Print the plan, or a part of it, as YAML."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from know.errors import KnowError

_WIDTH = 88
# Text that YAML reads as text without quotes.
_PLAIN = re.compile(
    r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][\w./ -]*(?<! )"
)


def find_entries(plan: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    """Find the parts of a plan that a user asks for.

    Args:
        plan: from `resolve`.
        wanted: a path such as `runs/shapes100-s0` or `tables`, or an id, which stands
            for every entry of that name.

    Returns:
        Parts of the plan by their paths.

    Raises:
        KnowError: if there is none, naming similar paths.
    """
    paths = dict(_paths(plan, ""))
    found = {
        path: entry
        for path, entry in paths.items()
        if path == wanted or (_name(path) == wanted and _is_entry(path, entry))
    }
    if not found:
        by_name = {_name(path): path for path in reversed(paths)}
        alike = difflib.get_close_matches(wanted, [*by_name, *paths])
        close = dict.fromkeys(by_name.get(name, name) for name in alike)
        raise KnowError(
            f"wanted a path or an id of the plan, found no {wanted!r}; "
            + (f"similar: {', '.join(close)}; " if close else "")
            + f"the plan has {', '.join(plan)}"
        )
    return found


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _is_entry(path: str, entry: Any) -> bool:
    return isinstance(entry, dict) or path.startswith("refused/")


def _paths(entry: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(entry, dict):
        for key, value in entry.items():
            yield f"{path}{key}", value
            yield from _paths(value, f"{path}{key}/")


def as_yaml(value: Any) -> str:
    """Write a value as YAML, whatever is short enough on one line."""
    is_container = isinstance(value, dict | list) and value
    lines = _block(value, _WIDTH) if is_container else [_one_line(value)]
    return "\n".join(lines) + "\n"


def _block(value: Any, width: int) -> list[str]:
    """Write a mapping or list with a line or more per item."""
    heads = [f"{_one_line(key)}:" for key in value] if isinstance(value, dict) else None
    items = value.values() if isinstance(value, dict) else value
    lines = []
    for head, item in zip(heads or ["-"] * len(value), items, strict=True):
        line = f"{head} {_one_line(item)}"
        if len(line) <= width or not isinstance(item, dict | list):
            lines.append(line)
            continue
        block = [f"  {line}" for line in _block(item, width - 2)]
        lines += [head, *block] if heads else [f"- {block[0][2:]}", *block[1:]]
    return lines


def _one_line(value: Any) -> str:
    if isinstance(value, dict):
        items = (f"{_one_line(key)}: {_one_line(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_one_line, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value == value.strip():
        return value
    text = json.dumps(value, ensure_ascii=False)
    # YAML wants a point in 1.0e-05.
    is_exponential = isinstance(value, float) and "e" in text and "." not in text
    return text.replace("e", ".0e") if is_exponential else text
