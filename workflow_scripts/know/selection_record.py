"""Selections among weights, which travel between rules as JSON."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from know.json_files import check_fields, read_records


@dataclass(frozen=True, kw_only=True)
class CandidateScore:
    """Scores of one set of weights in the probe on pre-training data."""

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

    def __post_init__(self) -> None:
        """Refuse values that cannot be, and a mean that is not that of the values."""
        check_fields(
            self,
            horizon=(0, math.inf),
            values=(0, 100),
            mean=(0, 100),
            difference=(-100, 100),
            p_value=(0, 1),
        )
        if not math.isclose(self.mean, fmean(self.values)):
            raise ValueError(f"{self.name}: {self.mean} is not the mean of its values")

    @property
    def name(self) -> str:
        """Method and horizon."""
        return f"{self.method}-n{self.horizon}"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which candidate a selecting method chose for a run, and why."""

    run: str
    method: str
    """Id of the selecting method."""
    pick: str
    """Id of the chosen method; `naive` where nothing was surely better."""
    horizon: int
    """Stages that the choice extrapolates; 0 for naive."""
    candidates: list[CandidateScore]
    """Naive first, then in the config's order."""
    settings: dict[str, Any]
    """Settings of the probe, as the config states them."""
    digests: dict[str, str]
    """SHA-256 of the splits of the pre-training data."""
    versions: dict[str, str]

    def __post_init__(self) -> None:
        """Refuse values that cannot be, and a choice that was no candidate."""
        check_fields(self, horizon=(0, math.inf))
        found = [(each.method, each.horizon) for each in self.candidates]
        if (self.pick, self.horizon) not in found:
            raise ValueError(f"{self.run} {self.method}: its choice is no candidate")


def read_selections(paths: Iterable[Path]) -> list[Selection]:
    """Read selections; a KnowError names every file that holds none."""
    return read_records(paths, _selection, "selections")


def _selection(*, candidates: Iterable[Mapping[str, Any]], **values: Any) -> Selection:
    scores = [CandidateScore(**candidate) for candidate in candidates]
    return Selection(candidates=scores, **values)
