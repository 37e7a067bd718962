"""Distance of predicted weights from the weights that they started from."""

import math
from collections.abc import Iterable

import torch

from know.errors import KnowError, raise_all
from know.records import WeightComparison
from know.weights.checkpoint import State


def compare_weights(
    prediction: State, base: State, names: Iterable[str]
) -> WeightComparison:
    """Compare two states over the named tensors, taken together as one vector.

    Args:
        prediction: predicted weights.
        base: weights that they started from, Theta_0.
        names: tensors to compare, usually those of the predicted kinds.

    Returns:
        Ratios and cosine, summed in float64; a prediction of zeros has cosine 0.

    Raises:
        KnowError: naming each tensor that is missing, of another shape or not finite;
            if no tensor is named; if all of `base` is zero.
    """
    names = list(names)
    problems = [p for name in names for p in _problems(prediction, base, name)]
    raise_all(problems, "the prediction cannot be compared with its base")
    prediction_squared = base_squared = product = step_squared = 0.0
    for name in names:
        p, b = (
            state[name].detach().double().reshape(-1) for state in (prediction, base)
        )
        prediction_squared += float(p @ p)
        base_squared += float(b @ b)
        product += float(p @ b)
        step_squared += float(((p - b) ** 2).sum())
    if base_squared == 0:
        raise KnowError(
            f"wanted base weights that are not all zero, got {len(names)} tensors of "
            f"norm 0: {names[:3]}"
        )
    # One square root over the product: identical states give exactly 1.
    norms = math.sqrt(prediction_squared * base_squared)
    return WeightComparison(
        norm_ratio=math.sqrt(prediction_squared / base_squared),
        cosine=min(1.0, max(-1.0, product / norms)) if norms else 0.0,
        step_ratio=math.sqrt(step_squared / base_squared),
    )


def _problems(prediction: State, base: State, name: str) -> list[str]:
    problems, shapes = [], []
    for place, state in (("the prediction", prediction), ("the base", base)):
        tensor = state.get(name)
        if tensor is None:
            problems.append(f"{name!r} is not in {place}")
            continue
        shapes.append(tuple(tensor.shape))
        if not torch.isfinite(tensor).all():
            problems.append(f"{name!r} is not finite in {place}")
    if len(set(shapes)) > 1:
        problems.append(f"{name!r} has shape {shapes[0]}, in the base {shapes[1]}")
    return problems
