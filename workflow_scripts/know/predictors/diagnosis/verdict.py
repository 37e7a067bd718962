"""The verdict on a trajectory: a sentence or two, by fixed rules."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from know.predictors.diagnosis.methods import BACK_TEST_STAGES, BackTest
from know.predictors.diagnosis.path import PathShape
from know.store.forgetting import StageForgetting

Forgetting = Literal["at every stage", "not at every stage", "not at all", "unknown"]
Smoothness = Literal[
    "smooth", "winding", "right angles", "turning back", "still", "unknown"
]

SMOOTH_UP_TO = 45.0
"""Degrees: mean angle between successive steps up to which a path is smooth."""
RIGHT_ANGLES_FROM = 75.0
"""Degrees: mean angle from which successive steps are nearly at right angles."""
TURNING_BACK_FROM = 105.0
"""Degrees: mean angle from which successive steps undo each other."""
ALONG_AT_LEAST = 0.01
"""Share of the steps' energy that must lie along Theta_0, all steps going the same way,
for that part to count as lasting; chance gives one over the number of weights."""
BEATS_COPYING_BELOW = 0.98
"""Error of a back-test, relative to copying, below which a method beats copying."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Advice; it is never a reason to fail."""

    forgets: Forgetting
    path: Smoothness
    best_back_test: str | None
    """Method of the smallest error, whether or not it beats copying."""
    text: str


def verdict_on(
    stages: Sequence[StageForgetting], shape: PathShape, tests: Sequence[BackTest]
) -> Verdict:
    """Judge a trajectory, by the path of all predicted tensors together."""
    forgets, path = _forgetting_class(stages), _smoothness_class(shape)
    measured = [(test.error, test.method) for test in tests if test.error is not None]
    best = min(measured, default=None)
    if path == "still":
        sentence = "the weights do not move: there is nothing to extrapolate"
    elif forgets == "not at all":
        does = "does" if len(stages) == 2 else "do"
        sentence = (
            f"{_stages_named([stage.stage for stage in stages[1:]])} {does} not "
            "forget: predictions are extrapolating noise"
        )
    else:
        sentence = f"{_forgetting_words(forgets, stages)}, {_path_words(path, shape)}"
    return Verdict(
        forgets=forgets,
        path=path,
        best_back_test=best[1] if best else None,
        text=f"{sentence}. {_back_test_words(best, len(stages))} "
        f"{_advice(forgets, path, best)}",
    )


def _forgetting_class(stages: Sequence[StageForgetting]) -> Forgetting:
    """Tell whether accuracy on D_0 falls beyond its noise, and at which stages."""
    later = stages[1:]
    if any(stage.since_start == "not measured" for stage in later):
        return "unknown"
    if all(stage.since_previous == "falls" for stage in later):
        return "at every stage"
    if any(stage.since_start == "falls" for stage in later):
        return "not at every stage"
    return "not at all"


def _smoothness_class(shape: PathShape) -> Smoothness:
    """How sharply a path turns, by the mean angle between successive steps."""
    if not any(shape.step_lengths):
        return "still"
    angles = _known(shape.angles)
    if not angles:
        return "unknown"
    mean = math.fsum(angles) / len(angles)
    if mean <= SMOOTH_UP_TO:
        return "smooth"
    if mean < RIGHT_ANGLES_FROM:
        return "winding"
    return "right angles" if mean < TURNING_BACK_FROM else "turning back"


def _forgetting_words(forgets: Forgetting, stages: Sequence[StageForgetting]) -> str:
    if forgets == "unknown":
        return (
            "whether the path forgets is unknown (accuracy on D_0 was not measured at "
            "every stage)"
        )
    if forgets == "at every stage":
        return "forgets at every stage"
    rising = [s.stage for s in stages if s.since_previous == "rises"]
    unclear = [s.stage for s in stages if s.since_previous == "not resolved"]
    clauses = []
    if rising:
        clauses.append(f"accuracy rises at {_stages_named(rising)}")
    if unclear:
        clauses.append(f"no resolved change on the way to {_stages_named(unclear)}")
    return f"forgets in part ({'; '.join(clauses)})"


def _path_words(path: Smoothness, shape: PathShape) -> str:
    angles = _known(shape.angles)
    reach = f"{min(angles):.0f} to {max(angles):.0f} degrees" if angles else ""
    return {
        "smooth": f"and the path is smooth ({reach} between successive steps): "
        "extrapolation has something to go on",
        "winding": f"but the path winds ({reach} between successive steps): a "
        "direction lasts for a step or two only",
        "right angles": "but successive steps are nearly at right angles "
        f"({reach}): {_along_words(shape)}",
        "turning back": f"but successive steps undo each other ({reach}): the last "
        "step's direction is no guide",
        "unknown": "and there are no two steps to compare: whether the path is smooth "
        "is unknown",
    }[path]


def _along_words(shape: PathShape) -> str:
    cosines = _known(shape.cosines_to_start)
    share = shape.share_along or 0.0
    goes_one_way = len({cosine > 0 for cosine in cosines}) == 1
    if share < ALONG_AT_LEAST or not goes_one_way:
        return "no direction lasts, not even that of Theta_0"
    return (
        f"only the part along Theta_0 ({100 * share:.1f} % of the steps' "
        "energy) is predictable"
    )


def _back_test_words(best: tuple[float, str] | None, num_stages: int) -> str:
    if num_stages < BACK_TEST_STAGES:
        return f"A back-test needs {BACK_TEST_STAGES} stages."
    if best is None:
        return "No method could be back-tested."
    error, method = best
    if error < BEATS_COPYING_BELOW:
        return (
            f"In the back-test {method} comes closest to Theta_0, with {error:.2f} of "
            "the error of copying Theta_1."
        )
    return (
        "In the back-test no method finds Theta_0 better than copying Theta_1 "
        f"(the closest is {method}, {error:.2f})."
    )


def _advice(
    forgets: Forgetting, path: Smoothness, best: tuple[float, str] | None
) -> str:
    """Say whether a prediction is worth its fine-tunings."""
    if path == "still" or forgets == "not at all":
        return "Not worth a try."
    if best is None:
        return "Whether it is worth a try, nothing here tells."
    error, method = best
    if error >= BEATS_COPYING_BELOW:
        return "Hardly worth a try."
    condition = " if it forgets at all" if forgets == "unknown" else ""
    return f"Worth a try{condition}: {method}, against Theta_0 on your own task."


def _stages_named(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"stage {numbers[0]}"
    if all(after == before + 1 for before, after in pairwise(numbers)):
        return f"stages {numbers[0]}-{numbers[-1]}"
    return f"stages {', '.join(map(str, numbers))}"


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
