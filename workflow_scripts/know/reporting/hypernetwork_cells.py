"""Errors on held-out trials, grouped into cells in which methods can be paired."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from know.errors import KnowError, raise_all
from know.records import PredictionError

GROUPS = ("trials", "family", "dataset")
KINDS = ("conv", "fc", "bias")

Window = tuple[int, int]
"""A trial and the stage that is predicted in it."""
Key = tuple[str, str, int]
"""Group, kind and horizon."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The errors of all methods that have any in one (group, kind, horizon)."""

    group: str
    kind: str
    horizon: int
    windows: tuple[Window, ...]
    """Sorted; every method of the cell has an error in each."""
    errors: Mapping[str, Mapping[Window, float]]
    """By method, in the table's order."""


def collect_cells(
    errors: Sequence[PredictionError], *, methods: Sequence[str], reference: str
) -> list[Cell]:
    """Group errors into cells, ordered by group, kind and horizon.

    Args:
        errors: of all methods on all held-out trials.
        methods: every method, in the table's order.
        reference: the method that the others are paired with.

    Returns:
        A cell for each (group, kind, horizon) that has errors.

    Raises:
        KnowError: naming every record that does not belong, is there twice or is no
            error, every method that is listed and has no record, and every window that
            one method of a cell has and another lacks or measured on other weights.
    """
    if not errors:
        raise KnowError("the held-out table needs at least one error, found none")
    raise_all(
        _misfits(errors, methods, reference) + _not_errors(errors) + _repeats(errors),
        "these errors do not make a table",
    )
    groups: dict[Key, dict[str, dict[Window, PredictionError]]] = defaultdict(dict)
    for e in errors:
        found = groups[e.group, e.kind, e.horizon].setdefault(e.method, {})
        found[e.trial, e.window] = e
    ordered = sorted(groups.items(), key=lambda item: _place(item[0]))
    raise_all(
        [problem for key, found in ordered for problem in _unpaired(key, found)],
        "these methods cannot be compared window by window",
    )
    return [_cell(key, found, methods) for key, found in ordered]


def _place(key: Key) -> tuple[int, int, int]:
    group, kind, horizon = key
    return GROUPS.index(group), KINDS.index(kind), horizon


def _cell(
    key: Key,
    found: Mapping[str, Mapping[Window, PredictionError]],
    methods: Sequence[str],
) -> Cell:
    group, kind, horizon = key
    return Cell(
        group=group,
        kind=kind,
        horizon=horizon,
        windows=tuple(sorted(next(iter(found.values())))),
        errors={
            method: {window: e.error for window, e in found[method].items()}
            for method in methods
            if method in found
        },
    )


def _misfits(
    errors: Sequence[PredictionError], methods: Sequence[str], reference: str
) -> list[str]:
    """Name what is in the records and not known, or listed and not in the records."""
    found = {e.method for e in errors}
    groups = {e.group for e in errors} - set(GROUPS)
    kinds = {e.kind for e in errors} - set(KINDS)
    problems = [f"group {g!r} is none of {', '.join(GROUPS)}" for g in sorted(groups)]
    problems += [f"kind {k!r} is none of {', '.join(KINDS)}" for k in sorted(kinds)]
    problems += [f"method {m} is not listed" for m in sorted(found - set(methods))]
    problems += [f"method {m} has no error" for m in methods if m not in found]
    if reference not in methods:
        problems.append(f"the reference {reference} is not a listed method")
    return problems


def _not_errors(errors: Sequence[PredictionError]) -> list[str]:
    return [
        f"{_name(e)}: the error is {e.error}"
        for e in errors
        if not (math.isfinite(e.error) and e.error >= 0)
    ]


def _repeats(errors: Sequence[PredictionError]) -> list[str]:
    counts = Counter(map(_name, errors))
    return [f"{name} is there {n} times" for name, n in counts.items() if n > 1]


def _name(e: PredictionError) -> str:
    return (
        f"{e.method}, {_cell_name((e.group, e.kind, e.horizon))}, "
        f"{_window_name((e.trial, e.window))}"
    )


def _cell_name(key: Key) -> str:
    group, kind, horizon = key
    return f"{group} {kind} horizon {horizon}"


def _window_name(window: Window) -> str:
    return f"trial {window[0]} window {window[1]}"


def _unpaired(
    key: Key, found: Mapping[str, Mapping[Window, PredictionError]]
) -> list[str]:
    """Name the windows in which the methods of a cell cannot be paired."""
    counts: dict[Window, set[int]] = defaultdict(set)
    for by_window in found.values():
        for window, e in by_window.items():
            counts[window].add(e.weights)
    problems = []
    for method, by_window in found.items():
        lacking = sorted(counts.keys() - by_window.keys())
        if lacking:
            listed = ", ".join(map(_window_name, lacking))
            problems.append(f"{_cell_name(key)}: {method} lacks {listed}")
    problems += [
        f"{_cell_name(key)}: methods measured {_window_name(window)} on different "
        f"numbers of weights, {sorted(weights)}"
        for window, weights in sorted(counts.items())
        if len(weights) > 1
    ]
    return problems
