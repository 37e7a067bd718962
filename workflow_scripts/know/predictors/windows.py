"""Large tensors, predicted window by window in memory that does not grow with them."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError, raise_all
from know.predictors.assemble import predict_moving
from know.predictors.contract import Predictor, Windows
from know.predictors.stages import WINDOW, Stages
from know.predictors.treatment import Treatment
from know.weights.torch_file import TORCH_SUFFIXES

log = logging.getLogger("know")

SECONDS_BETWEEN_REPORTS = 10
"""Least time between two lines of the log that say how far a prediction is."""
_BASE = 7 * 10**8
"""Bytes of Python and PyTorch."""
_WIDE, _WORK = 4, 56
"""Bytes per value and stage of what is widened, and per value of what a method makes:
the most is that of singular vectors."""


def predict_windows(
    name: str,
    windows: Sequence[Callable[[], Tensor]],
    method: partial[Tensor],
    *,
    shape: torch.Size,
    treatment: Treatment,
    rate: float,
    horizons: Sequence[int],
    seed: int | None,
    device: torch.device,
) -> Iterator[list[Tensor]]:
    """Predict a tensor that moves.

    Args:
        name: name of the tensor, for messages.
        windows: read its windows, or the whole tensor as the only one.
        method: result of `bound_method`.
        shape: shape of the tensor.
        treatment: how the tensor is treated.
        rate: share of the samples that each stage keeps.
        horizons: stages to extrapolate.
        seed: seed of the tensor's draws; None of a method that draws none.
        device: device to compute on.

    Yields:
        Predictions of one window after the other, one for each horizon.

    Raises:
        KnowError: whatever the method refuses, with the tensor's name.
    """
    question: dict[str, Any] = {"rate": rate, "kind": treatment.kind}
    transposed = treatment.is_transposed
    if len(windows) > 1:
        question |= _facts(
            name,
            lambda: (read().to(device) for read in windows),
            method,
            shape=shape[::-1] if transposed else shape,
            horizon=max(horizons),
            **question,
        )
        transposed = False
    predictors = [partial(method, horizon=horizon, **question) for horizon in horizons]
    if seed is not None:
        # One generator per horizon, which goes on from window to window.
        predictors = [
            partial(predictor, generator=torch.Generator().manual_seed(seed))
            for predictor in predictors
        ]
    for read in windows:
        history_S = read().to(device)
        yield predict_moving(name, history_S, predictors, transposed=transposed)


def _facts(
    name: str, windows: Windows, method: partial[Tensor], **question: Any
) -> dict[str, Any]:
    """Measure what the method must know of the tensor, as an argument of it."""
    if not (isinstance(method.func, Predictor) and method.func.measure):
        return {}
    try:
        facts = method.func.facts_of(windows, **question, **method.keywords)
    except KnowError as error:
        raise KnowError(f"{name!r}: {error}") from error
    return {"facts": facts}


def check_memory(
    memory: int,
    opened: Stages,
    found: Mapping[str, Treatment],
    outputs: Sequence[Path],
    *,
    whole: bool,
) -> None:
    """Refuse to predict what does not fit into memory.

    Args:
        memory: bytes that the process may take.
        opened: stages to predict from.
        found: treatment of each tensor.
        outputs: files to write; one of `torch.save` is held as a whole.
        whole: whether tensors that are predicted are held whole.

    Raises:
        KnowError: naming each tensor that does not fit into `memory`.
    """
    layout = opened.layouts[0]
    held = sum(path.suffix in TORCH_SUFFIXES for path in outputs)
    base = _BASE + held * sum(value.nbytes for value in layout.values())
    problems = []
    for name, value in layout.items():
        size = value.numel()
        if size >= 2 * WINDOW and not (whole and found[name].is_predicted):
            # The last window is less than twice as long as the others.
            size = 2 * WINDOW
        need = base + size * (len(opened.layouts) * (value.itemsize + _WIDE) + _WORK)
        if need > memory:
            problems.append(f"{name!r} takes {need / 1e9:.1f} GB")
    raise_all(problems, f"there is more to hold than {memory / 1e9:g} GB")


class Progress:
    """Tells in the log how far a long prediction is."""

    def __init__(self, layout: Mapping[str, Tensor]) -> None:
        """Begin with no weight done of those of a network."""
        self._total = sum(value.numel() for value in layout.values())
        self._done = 0
        self._began = self._told = time.monotonic()

    def advance(self, weights: int) -> None:
        """Count weights that are done."""
        self._done += weights
        now = time.monotonic()
        if self._done and now - self._told > SECONDS_BETWEEN_REPORTS:
            share = self._done / self._total
            left = (now - self._began) * (1 / share - 1)
            self._told = now
            log.info("%.0f %% of the weights, %.0f s left", 100 * share, left)
