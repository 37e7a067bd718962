"""The NiNo-MLP that its authors publish, from a PyTorch checkpoint to our files."""

import argparse
import pickle
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError, raise_all
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.importer import MOST_VALUES, fill, origin, save_kinds
from know.hypernetwork.models.nino_mlp import NinoMlp
from know.weights.kinds import PREDICTED_KINDS
from know.weights.torch_file import check_archive

_LAYERS = ("edge_proj.fc.0", *(f"edge_mlp.fc.{number}" for number in (0, 2, 4, 6)))
_NAMES = [
    "layer_embed.weight",
    *(f"{layer}.{part}" for layer in _LAYERS for part in ("weight", "bias")),
]
"""The authors' names of the tensors, in the order of `NinoMlp`'s own."""
_PUBLISHED = {"stages": 5, "horizons": 40, "hidden": 128, "types": 15}
_DAMAGE = (
    *(pickle.UnpicklingError, struct.error),
    *(OSError, EOFError, RuntimeError, LookupError, ValueError, TypeError),
    *(AttributeError, ArithmeticError, MemoryError, AssertionError),
)
"""Exceptions of PyTorch on damaged bytes."""
_WANTED_ARGUMENTS = {
    "act_name": "silu",
    "dms": True,
    "residual": True,
    "scale_method": "std",
}
"""Settings that the network's shapes do not tell; a checkpoint may state them."""


def import_nino(checkpoint: Path, output: Path) -> list[Path]:
    """Turn the authors' one network into a hypernetwork of ours for each kind.

    Source: repository SamsungSAILMontreal/nino, file checkpoints/nino_mlp.pt. The three
    files differ only in the kind of tensor that they answer for.

    Args:
        checkpoint: a state dict, or what their training saves, with one in it, as
            PyTorch has written them since 1.6; read without running what it holds.
        output: folder for nino-mlp_conv, nino-mlp_fc and nino-mlp_bias, each
            .safetensors.

    Returns:
        The three files written.

    Raises:
        KnowError: naming everything that is wrong with the file; then none is written.
    """
    card, problems = origin(checkpoint, "SamsungSAILMontreal/nino", None)
    found = None
    if not problems:
        found, problems = _read(checkpoint)
    state, arguments = _parts(found)
    settings = _settings_of(state)
    models: dict[str, Hypernetwork] = {
        kind: NinoMlp(**settings, kind=kind) for kind in PREDICTED_KINDS
    }
    if not problems:
        problems = _wrong_arguments(arguments)
        wrong = [fill(model, state, _NAMES) for model in models.values()]
        problems += wrong[0]
    raise_all([f"{checkpoint}: {p}" for p in problems], "NiNo-MLP cannot be imported")
    return save_kinds(models, dict.fromkeys(models, card), output)


def _read(path: Path) -> tuple[Any, list[str]]:
    """Return the content of the file, or the error that kept it from being read."""
    try:
        check_archive(path)
        # The settings of their training's command line are in the file too.
        with (
            torch.serialization.safe_globals([argparse.Namespace]),
            warnings.catch_warnings(action="ignore"),
        ):
            return torch.load(path, map_location="cpu", weights_only=True), []
    except KnowError as error:
        return {}, [str(error).removeprefix(f"{path} ")]
    except _DAMAGE:
        return {}, ["not a PyTorch checkpoint of tensors and plain values"]


def _parts(found: Any) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """The state dict, and the network's arguments where the file states them."""
    whole = found if isinstance(found, Mapping) else {}
    state, arguments = whole.get("state_dict", whole), whole.get("model_args", {})
    if not (isinstance(state, Mapping) and isinstance(arguments, Mapping)):
        return {}, {}
    tensors = {
        name: value
        for name, value in state.items()
        if isinstance(value, Tensor) and value.numel() <= MOST_VALUES
    }
    return tensors, arguments


def _wrong_arguments(arguments: Mapping[str, Any]) -> list[str]:
    return [
        f"its argument {name} is {arguments[name]!r}, wanted {wanted!r}"
        for name, wanted in _WANTED_ARGUMENTS.items()
        if arguments.get(name, wanted) != wanted
    ]


def _settings_of(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """Sizes of the network by its outer layers; the published if one is amiss."""
    try:
        hidden, stages = state["edge_proj.fc.0.weight"].shape
        horizons = len(state["edge_mlp.fc.6.weight"])
        types = len(state["layer_embed.weight"])
    except (KeyError, TypeError, ValueError):
        return _PUBLISHED
    return {"stages": stages, "horizons": horizons, "hidden": hidden, "types": types}
