"""Predicted weights in files, with one tensor of the network in memory at a time."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from know.errors import raise_all
from know.hypernetwork.base import Hypernetwork
from know.predictors.assemble import (
    NO_TRAJECTORY,
    layout_problems,
    log_copies,
    predict_tensor,
    value_problems,
)
from know.predictors.methods import with_options
from know.predictors.sources import StageSource
from know.weights.kinds import KINDS
from know.weights.tensor_writer import tensor_writer

log = logging.getLogger("know")


@dataclass(frozen=True, kw_only=True)
class Method:
    """A predictor and what it is told beside the weights.

    Raises:
        KnowError: if there is no such predictor, or it has no such option.
    """

    name: str
    """Key of `PREDICTORS`."""
    options: Mapping[str, Any]
    rate: float
    """Share of the samples that each stage keeps."""
    models: Mapping[str, Hypernetwork] | None
    """The hyper-model of each kind, for methods that take some."""

    def __post_init__(self) -> None:
        """Refuse what the predictor does not know."""
        self.function()

    def function(self) -> partial[Any]:
        """The predictor with options and hyper-models bound."""
        function = with_options(self.name, self.options)
        return partial(function, models=self.models) if self.models else function


def write_predictions(
    source: StageSource,
    method: Method,
    outputs: Sequence[tuple[int, Path]],
    *,
    device: torch.device,
) -> None:
    """Write a method's weights for each horizon, whole or not at all.

    Args:
        source: the stages.
        method: what predicts.
        outputs: horizons, and the file for each: keys, shapes and dtypes of Theta_0.
        device: where it is computed.

    Raises:
        KnowError: naming each tensor that differs between stages or is not finite, or
            the first one that the predictor refuses; then no file is written.
    """
    layouts, kinds = source.layouts, source.kinds
    raise_all(layout_problems(layouts, kinds), NO_TRAJECTORY)
    _log_kinds(kinds)
    function, facts = method.function(), _facts(source, method)
    with _no_empty_folders([path for _, path in outputs]), ExitStack() as stack:
        writers = [
            stack.enter_context(
                tensor_writer(path, layouts[0], {**facts, "horizon": horizon})
            )
            for horizon, path in outputs
        ]
        problems: list[str] = []
        for name in writers[0].names if writers else []:
            history = source.read(name).to(device)
            problems += value_problems(name, history)
            # All that is not finite is to be named: read on, predict no more.
            if problems:
                continue
            for (horizon, _), writer in zip(outputs, writers, strict=True):
                predicted = predict_tensor(
                    name,
                    history,
                    function,
                    kind=kinds[name],
                    horizon=horizon,
                    rate=method.rate,
                )
                writer.write(name, predicted)
        raise_all(problems, NO_TRAJECTORY)
    log_copies(layouts[0], kinds)
    for horizon, path in outputs:
        log.info("%s, %d stages ahead: %s", method.name, horizon, path)


def _facts(source: StageSource, method: Method) -> dict[str, Any]:
    return {
        "options": dict(method.options),
        "predictor": method.name,
        "rate": method.rate,
        **source.facts,
    }


def _log_kinds(kinds: Mapping[str, str]) -> None:
    counts = Counter(kinds.values())
    found = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    log.info("tensors by kind: %s", found or "none")


@contextmanager
def _no_empty_folders(files: Sequence[Path]) -> Iterator[None]:
    """Remove the folders of `files` that the block made, if it put nothing there."""
    absent = {
        folder for file in files for folder in file.parents if not folder.exists()
    }
    try:
        yield
    finally:
        for folder in sorted(absent, reverse=True):
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
