"""Records that travel between rules as JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from know.errors import KnowError
from know.sealed import write_whole


@dataclass(frozen=True, kw_only=True)
class WeightComparison:
    """How a prediction lies to Theta_0, over all predicted tensors together."""

    norm_ratio: float
    """Norm of the prediction over the norm of Theta_0."""
    cosine: float
    """Cosine of the angle between the prediction and Theta_0."""
    step_ratio: float
    """Norm of (prediction - Theta_0) over the norm of Theta_0."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one trial of one task measured for one set of weights."""

    run: str
    """Id of the trajectory, which is one pre-training (data, network, seed)."""
    method: str
    """Id of the method, or of the control, as the config lists it."""
    horizon: int
    """Stages extrapolated: 0 for weights that no method predicted, else 1, 2, 3."""
    factor: float
    """Data multiplier that the horizon stands for, rate^-horizon; 1 at horizon 0."""
    task: str
    trial: int
    metric: str
    """Name of the metric, such as `accuracy`."""
    value: float
    """The metric on the test split after the last epoch; accuracy in percent points."""
    curve: list[float] = field(default_factory=list)
    """The metric after each evaluated epoch, the last one being `value`."""
    seconds: float
    """Wall time of this trial's fine-tuning."""
    seed: int
    learning_rate: float
    """Peak learning rate of the phase that trains everything."""
    comparison: WeightComparison
    digests: dict[str, str]
    """SHA-256 of what the trial read: `weights`, and each data `split`."""
    versions: dict[str, str]


def write_scores(path: Path, scores: Iterable[Score]) -> None:
    """Write score records as one JSON list, whole or not at all."""
    records = [asdict(score) for score in scores]
    write_whole(path, json.dumps(records, indent=1, sort_keys=True) + "\n")


def read_scores(paths: Iterable[Path]) -> list[Score]:
    """Read the records of many files.

    Args:
        paths: files that `write_scores` wrote.

    Returns:
        All records, in the order of `paths`.

    Raises:
        KnowError: naming every file that cannot be read as score records.
    """
    scores: list[Score] = []
    problems: list[str] = []
    for path in paths:
        try:
            scores += _scores(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError, KeyError) as error:
            problems.append(f"{path}: {error}")
    if problems:
        raise KnowError("these are not score records:\n  " + "\n  ".join(problems))
    return scores


def _scores(records: Any) -> list[Score]:
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise TypeError("wanted a list of objects")
    return [
        Score(**{**record, "comparison": WeightComparison(**record["comparison"])})
        for record in records
    ]
