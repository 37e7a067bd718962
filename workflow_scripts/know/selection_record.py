"""Selections among weights, which travel between rules as JSON."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from know.json_files import check_fields, read_records


@dataclass(frozen=True, kw_only=True)
class CandidateScore:
    """One set of weights in the probe, compared with the default.

    The default itself has difference 0 and no error, p-value or detectable difference.
    """

    method: str
    horizon: int
    """Stages that it lies ahead; 0 for what extrapolates none."""
    accuracies: list[float]
    """Accuracy on the measured images of each draw, in percent."""
    difference: float
    """Mean accuracy less the default's, in percent points."""
    standard_error: float | None
    """Of the difference, over draws and images."""
    p_value: float | None
    """One-sided, of a difference above zero; times the number of such tests."""
    detectable: float | None
    """True difference that the probe would have proved with 80 % power."""
    weights: str
    """Checksum of the file that the weights came from."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        check_fields(
            self,
            horizon=(0, math.inf),
            accuracies=(0, 100),
            difference=(-100, 100),
            standard_error=(0, math.inf),
            p_value=(0, 1),
            detectable=(0, math.inf),
        )


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which weights a selecting method recommends for a run, and why."""

    run: str
    method: str
    """Id of the selecting method."""
    default: str
    """Id of the method that is kept where no other is proved better."""
    pick: str
    """Id of the recommended method."""
    candidates: list[CandidateScore]
    """In the config's order."""
    settings: dict[str, Any]
    """Settings of the probe, as the config states them."""
    digests: dict[str, str]
    """SHA-256 of the splits of the pre-training data."""
    versions: dict[str, str]

    def __post_init__(self) -> None:
        """Refuse values that cannot be, and a choice that was no candidate."""
        check_fields(self)
        found = {each.method for each in self.candidates}
        if not {self.default, self.pick} <= found:
            raise ValueError(f"{self.run} {self.method}: its choice is no candidate")


def leader_of(candidates: Iterable[CandidateScore], default: str) -> CandidateScore:
    """Return the best in the probe besides the default; of equals the first."""
    others = [each for each in candidates if each.method != default]
    return max(others, key=lambda each: each.difference)


def read_selections(paths: Iterable[Path]) -> list[Selection]:
    """Read selections; a KnowError names every file that holds none."""
    return read_records(paths, _selection, "selections")


def _selection(*, candidates: Iterable[Mapping[str, Any]], **values: Any) -> Selection:
    scores = [CandidateScore(**candidate) for candidate in candidates]
    return Selection(candidates=scores, **values)
