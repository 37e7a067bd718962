"""Distance of predicted weights from the weights that they started from."""

import math
from collections.abc import Iterable

from know.errors import KnowError
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
        KnowError: if no tensor is named, or all of `base` is zero.
    """
    names = list(names)
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
