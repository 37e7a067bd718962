"""What every method checks on the way in and on the way out."""

import math
from collections.abc import Callable, Collection

import torch
from torch import Tensor

from know.errors import KnowError

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.


def checked_history(
    history: Tensor,
    *,
    method: str,
    horizon: int,
    rate: float,
    at_least: torch.dtype = torch.float32,
) -> Tensor:
    """Refuse what no method can extrapolate, and widen what is too coarse.

    Args:
        history: weights of shape (stages >= 2, ...), any float dtype.
        method: name of the method, for the message.
        horizon: stages to extrapolate, at least 1.
        rate: share of the samples that each stage keeps, in (0, 1).
        at_least: the least precise dtype to compute in.

    Returns:
        `history`, itself or widened.

    Raises:
        KnowError: if the shape, dtype, horizon or rate is wrong or a value not finite.
    """
    if history.ndim < 2 or len(history) < 2:
        raise KnowError(
            f"{method} needs weights of shape (stages >= 2, ...), "
            f"got {tuple(history.shape)}"
        )
    if not history.dtype.is_floating_point:
        raise KnowError(f"{method} needs weights of a float dtype, got {history.dtype}")
    if not isinstance(horizon, int) or horizon < 1:
        raise KnowError(f"{method} needs a horizon of 1, 2, ... stages, got {horizon}")
    if not 0 < rate < 1:
        raise KnowError(f"{method} needs a rate between 0 and 1, got {rate}")
    if bad := _count_not_finite(history):
        raise KnowError(
            f"{method} needs finite weights, got {bad} NaN or infinite values "
            f"in weights of shape {tuple(history.shape)}"
        )
    return history.to(torch.promote_types(history.dtype, at_least))


def finished(prediction: Tensor, history: Tensor, *, method: str) -> Tensor:
    """The prediction in the dtype of `history`, refused where it is not finite."""
    prediction = prediction.to(history.dtype)
    if bad := _count_not_finite(prediction):
        raise KnowError(
            f"{method} predicts {bad} NaN or infinite values for weights of shape "
            f"{tuple(history.shape)}, {history.dtype}"
        )
    return prediction


def iterated(
    step: Callable[[Tensor], Tensor], history_S: Tensor, horizon: int
) -> Tensor:
    """Predict one stage, append it, drop the oldest, and so on, `horizon` times.

    Source: section 4.6 of Jang et al. (arXiv 2508.05059).
    """
    for _ in range(horizon - 1):
        history_S = torch.cat([history_S[1:], step(history_S)[None]])
    return step(history_S)


def check_option(
    value: str, allowed: Collection[str], *, method: str, option: str
) -> None:
    """Refuse a value that an option of a method does not know."""
    if value not in allowed:
        raise KnowError(
            f"{method} needs {option} to be one of {', '.join(allowed)}; got {value!r}"
        )


def check_number(
    value: float, *, above: float, up_to: float = math.inf, method: str, option: str
) -> None:
    """Refuse a number that is not finite and in (`above`, `up_to`]."""
    if not (math.isfinite(value) and above < value <= up_to):
        raise KnowError(
            f"{method} needs {option} in ({above:g}, {up_to:g}], got {value}"
        )


def _count_not_finite(values: Tensor) -> int:
    # The extremes first: a mask of a large tensor is a large tensor too.
    if not values.numel() or all(map(torch.isfinite, torch.aminmax(values))):
        return 0
    return int((~torch.isfinite(values)).sum())
