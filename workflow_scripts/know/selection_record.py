"""Measurements and result of a selection among weights, as JSON between rules."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from know.checksum import write_whole
from know.errors import KnowError


@dataclass(frozen=True, kw_only=True)
class CandidateScore:
    """Measurements of the probe on pre-training data for one set of weights."""

    method: str
    horizon: int
    values: list[float]
    """Accuracy on the held-out part in each trial, percent points."""
    mean: float
    difference: float
    """Mean over trials of (candidate - naive), percent points; 0 for naive itself."""
    p_value: float | None
    """One-sided paired t-test of a difference above zero, corrected over the
    candidates; None for naive, and where there is one trial."""
    weights: str
    """Checksum of the file that the weights came from."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which candidate a selecting method picked for a run, and why."""

    run: str
    method: str
    """Id of the selecting method."""
    pick: str
    """Id of the picked method; `naive` where nothing was surely better."""
    horizon: int
    """Stages that the pick extrapolates; 0 for naive."""
    candidates: list[CandidateScore]
    """Naive first, then in the config's order."""
    settings: dict[str, Any]
    """Of the probe, as the config states them."""
    digests: dict[str, str]
    """SHA-256 of the splits of the pre-training data."""
    versions: dict[str, str]


def write_selection(path: Path, selection: Selection) -> None:
    """Write a selection as JSON, whole or not at all."""
    write_whole(path, json.dumps(asdict(selection), indent=1, sort_keys=True) + "\n")


def read_selections(paths: Iterable[Path]) -> list[Selection]:
    """Read selections, in the order of `paths`.

    Args:
        paths: files that `write_selection` wrote.

    Raises:
        KnowError: naming every file that cannot be read as a selection.
    """
    selections, problems = [], []
    for path in paths:
        try:
            selections.append(_selection(json.loads(path.read_text())))
        except (OSError, ValueError, TypeError, KeyError) as error:
            problems.append(f"{path}: {error}")
    if problems:
        raise KnowError("these are not selections:\n  " + "\n  ".join(problems))
    return selections


def _selection(record: Any) -> Selection:
    if not isinstance(record, dict):
        raise TypeError("wanted an object")
    candidates = [CandidateScore(**candidate) for candidate in record["candidates"]]
    return Selection(**{**record, "candidates": candidates})
