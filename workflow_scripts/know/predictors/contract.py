"""Checks of every method, on the way in and on the way out."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError

Predict = Callable[..., Tensor]
Windows = Callable[[], Iterable[Tensor]]
"""Goes through the windows of one tensor, shape (stages, ...) each, from the start."""


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A method with the checks that all methods share."""

    method: str
    predict: Predict
    widen: bool
    measure: Callable[..., Any] | None

    def __call__(
        self,
        history: Tensor,
        *,
        horizon: int = 1,
        rate: float = 0.5,
        kind: str = "conv",
        facts: Any = None,
        **options: Any,
    ) -> Tensor:
        """Predict the weights of one tensor, or of a window of it.

        Args:
            history: weights, shape (stages >= 2, ...), oldest knowledge first, any
                float dtype and all values finite.
            horizon: n, stages to extrapolate, at least 1.
            rate: share of the samples that each stage keeps, in (0, 1).
            kind: conv, fc or bias.
            facts: result of `facts_of` where `history` is a window.
            options: options of the method.

        Returns:
            Predicted weights, without the stage dimension, of `history`'s dtype.

        Raises:
            KnowError: if an argument is wrong or the outcome is not finite.
        """
        question = {"horizon": horizon, "rate": rate, "kind": kind, **options}
        with self._named():
            _check(history, horizon=horizon, rate=rate)
            wide = self._wide(history)
            if self.measure:
                if facts is None:
                    facts = self.measure(lambda: [wide], wide.shape[1:], **question)
                question["facts"] = facts
            prediction = self.predict(wide, **question).to(history.dtype)
            if is_bad(prediction):
                raise KnowError(
                    "predicts NaN or infinite values for weights of shape "
                    f"{tuple(history.shape)}, {history.dtype}"
                )
        return prediction

    def facts_of(self, windows: Windows, shape: Iterable[int], **question: Any) -> Any:
        """Measure what the method must know of a tensor to predict a window of it.

        Args:
            windows: windows of the tensor.
            shape: shape of the tensor, outputs first.
            question: horizon (the farthest one), rate, kind and options.
        """
        assert self.measure, "a method that sees single weights measures nothing"
        with self._named():
            return self.measure(lambda: map(self._wide, windows()), shape, **question)

    def _wide(self, history: Tensor) -> Tensor:
        wide = torch.promote_types(history.dtype, torch.float32)
        return history.to(wide) if self.widen else history

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Let every message start with the method's name."""
        try:
            yield
        except KnowError as error:
            raise KnowError(f"{self.method} {error}") from error


def checked(
    method: str, *, widen: bool = True, measure: Callable[..., Any] | None = None
) -> Callable[[Predict], Predictor]:
    """Decorate the function of a method with the checks that all methods share.

    Args:
        method: name of the method, which every message starts with.
        widen: whether to hand half precision on as float32.
        measure: of a method whose predictions depend on the tensor as a whole: a
            function from its windows, shape, horizon, rate, kind and options to what
            the method takes as `facts`.
    """
    return lambda predict: Predictor(
        method=method, predict=predict, widen=widen, measure=measure
    )


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
