"""A method as a config names it: a predictor with its options and hyper-models."""

import inspect
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from know.errors import KnowError, raise_all
from know.hypernetwork.files import load, read_card
from know.hypernetwork.hyper_model import HyperModel
from know.predictors import PREDICTORS
from know.weights.kinds import PREDICTED_KINDS


def option_names(predictor: str) -> set[str]:
    """Options of a method that a config can set.

    Args:
        predictor: key of `PREDICTORS`.
    """
    parameters = set(inspect.signature(PREDICTORS[predictor]).parameters)
    return parameters - {"history", "horizon", "rate", "kind", "models"}


def with_options(predictor: str, options: Mapping[str, Any]) -> partial[Any]:
    """A predictor with its options bound.

    Raises:
        KnowError: if there is no such predictor, or it has no such option.
    """
    known = option_names(predictor)
    if unknown := sorted(set(options) - known):
        raise KnowError(
            f"predictor {predictor!r} has no option {', '.join(unknown)}; "
            f"it has {', '.join(sorted(known)) or 'none'}"
        )
    return partial(PREDICTORS[predictor], **options)


def load_models(paths: Sequence[Path], device: torch.device) -> dict[str, HyperModel]:
    """The hyper-model of each predicted kind.

    Args:
        paths: files for conv, fc and bias, in this order.
        device: where the models go.

    Raises:
        KnowError: if a file is missing or damaged, or its card names another kind.
    """
    wanted = dict(zip(PREDICTED_KINDS, paths, strict=True))
    found = {kind: read_card(path).get("kind") for kind, path in wanted.items()}
    raise_all(
        [
            f"{wanted[kind]}: wanted kind {kind!r}, found kind {found[kind]!r}"
            for kind in wanted
            if found[kind] != kind
        ],
        "the hyper-models are not those of conv, fc and bias in this order",
    )
    return {kind: load(path).to(device) for kind, path in wanted.items()}
