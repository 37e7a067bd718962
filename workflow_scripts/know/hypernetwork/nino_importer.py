"""The NiNo-MLP that its authors publish, from a PyTorch checkpoint to our files."""

import argparse
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import raise_all
from know.hypernetwork.importer import save_kinds, tensor_problems
from know.hypernetwork.models.nino_mlp import NinoMlp
from know.weights.kinds import PREDICTED_KINDS

_NAMES = {
    "layer_embed": "types",
    "edge_proj.fc.0": "lift",
    "edge_mlp.fc.0": "hidden.0",
    "edge_mlp.fc.2": "hidden.1",
    "edge_mlp.fc.4": "hidden.2",
    "edge_mlp.fc.6": "head",
}
"""The authors' names of the layers, and ours."""
_PUBLISHED = {
    "layer_embed.weight": (15, 128),
    "edge_proj.fc.0.weight": (128, 5),
    "edge_mlp.fc.6.weight": (40, 128),
}
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
        checkpoint: a state dict, or what their training saves, with one in it; read
            without running anything that it holds.
        output: folder for nino-mlp_conv, nino-mlp_fc and nino-mlp_bias, each
            .safetensors.

    Returns:
        The three files written.

    Raises:
        KnowError: naming everything that is wrong with the file; then none is written.
    """
    found, problems = _read(checkpoint)
    state, arguments = _parts(found)
    problems = problems or [
        *_wrong_arguments(arguments),
        *tensor_problems(state, _wanted_shapes(state)),
    ]
    raise_all([f"{checkpoint}: {p}" for p in problems], "NiNo-MLP cannot be imported")
    source = f"SamsungSAILMontreal/nino {checkpoint.name}"
    return save_kinds(
        {kind: _model(state, kind) for kind in PREDICTED_KINDS},
        dict.fromkeys(PREDICTED_KINDS, source),
        output,
    )


def _read(path: Path) -> tuple[Any, list[str]]:
    """Return the content of the file, or the error that kept it from being read."""
    if not path.is_file():
        return {}, ["there is no such file"]
    try:
        # The settings of their training's command line are in the file too.
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True), []
    except (pickle.UnpicklingError, RuntimeError, EOFError, LookupError, ValueError):
        return {}, ["not a PyTorch checkpoint of tensors and plain values"]


def _parts(found: Any) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """The state dict, and the network's arguments where the file states them."""
    whole = found if isinstance(found, Mapping) else {}
    state, arguments = whole.get("state_dict", whole), whole.get("model_args", {})
    if not (isinstance(state, Mapping) and isinstance(arguments, Mapping)):
        return {}, {}
    tensors = {name: v for name, v in state.items() if isinstance(v, Tensor)}
    return tensors, arguments


def _wrong_arguments(arguments: Mapping[str, Any]) -> list[str]:
    return [
        f"its argument {name} is {arguments[name]!r}, wanted {wanted!r}"
        for name, wanted in _WANTED_ARGUMENTS.items()
        if arguments.get(name, wanted) != wanted
    ]


def _wanted_shapes(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    model = NinoMlp(**_settings_of(state))
    ours = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    return {
        f"{theirs}.{part}": ours[f"{name}.{part}"]
        for theirs, name in _NAMES.items()
        for part in ("weight", "bias")
        if f"{name}.{part}" in ours
    }


def _settings_of(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """Sizes of the network by its outer layers; the published where one is amiss."""
    shapes = {
        name: tuple(state[name].shape)
        if name in state and state[name].ndim == 2 and state[name].shape[0] > 0
        else published
        for name, published in _PUBLISHED.items()
    }
    hidden, stages = shapes["edge_proj.fc.0.weight"]
    return {
        "stages": max(stages, 2),
        "horizons": shapes["edge_mlp.fc.6.weight"][0],
        "hidden": hidden,
        "types": max(shapes["layer_embed.weight"][0], 4),
    }


def _model(state: Mapping[str, Tensor], kind: str) -> NinoMlp:
    model = NinoMlp(**_settings_of(state), kind=kind)
    renamed = {}
    for name, value in state.items():
        layer, _, part = name.rpartition(".")
        renamed[f"{_NAMES[layer]}.{part}"] = value.float()
    model.load_state_dict(renamed)
    return model
