"""Checks of every method, on the way in and on the way out."""

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError

Predict = Callable[..., Tensor]


def checked(method: str, *, widen: bool = True) -> Callable[[Predict], Predict]:
    """Decorate the function of a method with the checks that all methods share.

    The decorated function is called as `predict(history, horizon=1, rate=0.5,
    kind="conv", **options)` and hands all of it on to the function:

    - history: weights of one tensor, shape (stages >= 2, ...), oldest knowledge first,
      any float dtype and all values finite;
    - horizon: n, stages to extrapolate, at least 1;
    - rate: share of the samples that each stage keeps, in (0, 1);
    - kind: conv, fc or bias.

    It returns the predicted weights, without the stage dimension, of `history`'s dtype,
    and raises a KnowError where an argument is wrong or the outcome is not finite.

    Args:
        method: name of the method, which every message starts with.
        widen: whether to hand half precision on as float32.
    """

    def decorate(predict: Predict) -> Predict:
        @functools.wraps(predict)
        def checked_predict(
            history: Tensor,
            *,
            horizon: int = 1,
            rate: float = 0.5,
            kind: str = "conv",
            **options: Any,
        ) -> Tensor:
            try:
                _check(history, horizon=horizon, rate=rate)
                wide = torch.promote_types(history.dtype, torch.float32)
                prediction = predict(
                    history.to(wide) if widen else history,
                    horizon=horizon,
                    rate=rate,
                    kind=kind,
                    **options,
                ).to(history.dtype)
            except KnowError as error:
                raise KnowError(f"{method} {error}") from error
            if is_bad(prediction):
                raise KnowError(
                    f"{method} predicts NaN or infinite values for weights of shape "
                    f"{tuple(history.shape)}, {history.dtype}"
                )
            return prediction

        return checked_predict

    return decorate


def _check(history: Tensor, *, horizon: int, rate: float) -> None:
    shape = tuple(history.shape)
    if history.ndim < 2 or len(history) < 2:
        raise KnowError(f"needs weights of shape (stages >= 2, ...), got {shape}")
    if not history.dtype.is_floating_point:
        raise KnowError(f"needs weights of a float dtype, got {history.dtype}")
    if not isinstance(horizon, int) or horizon < 1:
        raise KnowError(f"needs a horizon of 1, 2, ... stages, got {horizon}")
    if not 0 < rate < 1:
        raise KnowError(f"needs a rate between 0 and 1, got {rate}")
    if is_bad(history):
        raise KnowError(
            f"needs finite weights, got NaN or infinite values in weights of shape "
            f"{shape}"
        )


def is_bad(value: Tensor) -> bool:
    """Tell whether a tensor holds NaN or infinity."""
    if not value.numel() or not value.dtype.is_floating_point:
        return False
    # NaN passes through to both; and unlike `isfinite` this needs no memory.
    return not all(math.isfinite(bound.item()) for bound in torch.aminmax(value))
