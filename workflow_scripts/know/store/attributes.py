"""Attributes of a trajectory store: provenance, stages and tensor table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from know.errors import KnowError
from know.weights.flatten import TensorEntry

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """Training and accuracy of one stage of a trajectory."""

    samples: int
    """Size of the subset that the stage was trained on; 0 if unknown."""
    epochs: float
    learning_rate: float
    """Peak learning rate of the stage."""
    accuracy: float | None
    """Percent on D_0, the full training set; None if not measured."""
    test_accuracy: float | None
    """Percent on the test set; None if not measured."""
    checkpoint: str
    """Checksum of the checkpoint that the stage's weights came from."""


@dataclass(frozen=True, kw_only=True)
class TrajectoryAttributes:
    """Provenance of a trajectory."""

    run: str
    """Id of the trajectory, as the config declares it."""
    stages: Sequence[StageRecord]
    """One record per stage, stage 0 (the full data) first."""
    seed: int
    code_version: str
    versions: dict[str, str]
    """Versions of Python and of the packages that compute."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Other facts to remember, JSON-ready."""

    @property
    def rate(self) -> float | None:
        """Share of its data that a stage keeps, on (geometric) average, if known."""
        share = self.stages[-1].samples / max(1, self.stages[0].samples)
        return share ** (1 / (len(self.stages) - 1)) if 0 < share < 1 else None


def to_json(
    attributes: TrajectoryAttributes, table: Sequence[TensorEntry]
) -> dict[str, Any]:
    """Give the group's attributes: `attributes`, the tensor table and the format."""
    tensors = [asdict(entry) for entry in table]
    return {"format": FORMAT, **asdict(attributes), "tensors": tensors}


def from_json(
    found: Mapping[str, Any], path: Path
) -> tuple[TrajectoryAttributes, list[TensorEntry]]:
    """Undo `to_json`; `path` is the store, for messages.

    Raises:
        KnowError: if the format differs or a field is missing or unknown.
    """
    fields = dict(found)
    if (version := fields.pop("format", None)) != FORMAT:
        raise KnowError(
            f"wanted a trajectory of format {FORMAT}, found {version!r} in {path}"
        )
    try:
        table = [
            TensorEntry(**{**entry, "shape": tuple(entry["shape"])})
            for entry in fields.pop("tensors")
        ]
        stages = tuple(StageRecord(**stage) for stage in fields.pop("stages"))
        return TrajectoryAttributes(**fields, stages=stages), table
    except (KeyError, TypeError) as error:
        raise KnowError(
            f"the attributes of {path} are not those of a trajectory: {error}"
        ) from error
