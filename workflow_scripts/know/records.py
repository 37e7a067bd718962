"""Scores, learning rates and prediction errors, which travel between rules as JSON."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from know.json_files import check_fields, read_records

PERCENT = (
    *("accuracy", "accuracy_selected", "masked_accuracy", "class_accuracy"),
    *("bleu4", "miou"),
)
"""Metrics that are shares, in percent points."""


@dataclass(frozen=True, kw_only=True)
class WeightComparison:
    """How a prediction lies to Theta_0, over all predicted tensors together."""

    norm_ratio: float
    """Norm of the prediction over the norm of Theta_0."""
    cosine: float
    """Cosine of the angle between the prediction and Theta_0."""
    step_ratio: float
    """Norm of (prediction - Theta_0) over the norm of Theta_0."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        check_fields(
            self,
            norm_ratio=(0, math.inf),
            cosine=(-1, 1),
            step_ratio=(0, math.inf),
        )


@dataclass(frozen=True, kw_only=True)
class Score:
    """Result of one trial of one task for one set of weights."""

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
    curve: list[float]
    """The metric after each evaluated epoch, the last one being `value`."""
    seconds: float
    """Wall time of this trial's fine-tuning."""
    seed: int
    learning_rate: float
    """Peak learning rate of the phase that trains everything."""
    zero_shot: float | None = None
    """Accuracy on held-out images of the pre-training task before fine-tuning, in
    percent points; in the records of trial 0 alone, which stands for the weights."""
    comparison: WeightComparison
    digests: dict[str, str]
    """SHA-256 of what the trial read: `weights`, and each data `split`."""
    versions: dict[str, str]

    def __post_init__(self) -> None:
        """Refuse values that no trial has, and one that is not its curve's last."""
        values = (0, 100) if self.metric in PERCENT else (-math.inf, math.inf)
        check_fields(
            self,
            horizon=(0, math.inf),
            factor=(1, math.inf),
            trial=(0, math.inf),
            value=values,
            curve=values,
            seconds=(0, math.inf),
            learning_rate=(0, math.inf),
            zero_shot=(0, 100),
        )
        if self.curve[-1:] != [self.value]:
            raise ValueError(
                f"{self.run} {self.task} {self.method}, trial {self.trial}: its value "
                f"is {self.value}, its curve ends in {self.curve[-1:]}"
            )


@dataclass(frozen=True, kw_only=True)
class ChosenRate:
    """Learning rate that a validation split prefers for one set of weights."""

    run: str
    task: str
    method: str
    horizon: int
    learning_rate: float
    """Peak learning rate of the phase that trains everything."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        check_fields(self, horizon=(0, math.inf), learning_rate=(0, math.inf))


@dataclass(frozen=True, kw_only=True)
class PredictionError:
    """Error of a method on the true weights in one window of a held-out meta-run."""

    method: str
    """Id of the method, as the config lists it."""
    group: str
    """Held-out group: `trials` of known families and data sets, an architecture
    `family`, or a `dataset`."""
    kind: str
    """Kind of tensor: conv, fc, bias."""
    horizon: int
    """Stages extrapolated: 1, 2, 3."""
    trial: int
    window: int
    """Stage that is predicted."""
    family: str
    """Architecture family of the trial's network."""
    dataset: str
    error: float
    """|prediction - truth| / |last stage - truth| over all tensors of the kind; copying
    the last stage is 1."""
    weights: int
    """Number of weights in those tensors."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        check_fields(
            self,
            horizon=(1, math.inf),
            trial=(0, math.inf),
            window=(0, math.inf),
            error=(0, math.inf),
            weights=(1, math.inf),
        )


def read_scores(paths: Iterable[Path]) -> list[Score]:
    """Read the scores of many files; a KnowError names every file without any."""
    return read_records(paths, _score, "score records")


def _score(*, comparison: Mapping[str, float], **values: Any) -> Score:
    return Score(comparison=WeightComparison(**comparison), **values)


def read_learning_rates(paths: Iterable[Path]) -> list[ChosenRate]:
    """Read chosen learning rates; a KnowError names every file without any."""
    return read_records(paths, ChosenRate, "learning rates")


def read_prediction_errors(paths: Iterable[Path]) -> list[PredictionError]:
    """Read the errors of many files; a KnowError names every file without any."""
    return read_records(paths, PredictionError, "prediction errors")
