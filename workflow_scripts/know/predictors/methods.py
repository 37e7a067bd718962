"""A method as a config names it: a predictor with its options and hyper-models."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from jsonschema import Draft202012Validator

from know.errors import raise_all
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.files import load, read_card
from know.predictors import PREDICTORS
from know.weights.kinds import PREDICTED_KINDS


def with_options(predictor: str, options: Mapping[str, Any]) -> partial[Any]:
    """A predictor with its options bound.

    Raises:
        KnowError: if there is no such predictor, or naming each wrong option.
    """
    known = PREDICTORS.facts(predictor).get("OPTIONS", {})
    schema = {"properties": known, "additionalProperties": False}
    raise_all(
        [
            ".".join(map(str, [*error.path, ""])) + error.message
            for error in Draft202012Validator(schema).iter_errors(dict(options))
        ],
        f"wrong options of predictor {predictor!r}, which has "
        f"{', '.join(known) or 'none'}",
    )
    return partial(PREDICTORS[predictor], **options)


def load_models(paths: Sequence[Path], device: torch.device) -> dict[str, Hypernetwork]:
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
