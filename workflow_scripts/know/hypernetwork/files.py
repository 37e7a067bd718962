"""Hyper-models as sealed safetensors files with a card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError, raise_all
from know.hypernetwork.network import Known
from know.sealed import verified_metadata
from know.weights.checkpoint import load_checkpoint, save_checkpoint


def save(path: Path, model: Known, card: Mapping[str, Any]) -> str:
    """Write a hyper-model whole or not at all.

    Args:
        path: file to write, ending in `.safetensors`.
        model: the network; its dtype is kept.
        card: JSON-ready facts, such as its kind (conv, fc, bias) and where it comes
            from; `architecture` and `stages` are added.

    Returns:
        The file's seal, 64 hexadecimal digits.
    """
    card = {**card, "architecture": "known", "stages": model.stages}
    return save_checkpoint(path, model.state_dict(), card)


def load(path: Path | str) -> Known:
    """Read a hyper-model after checking every byte of it.

    Args:
        path: a file that `save` wrote.

    Returns:
        The network, on the CPU, in evaluation mode, its parameters not trainable.

    Raises:
        KnowError: if the file is missing, damaged, or not a KNOWN hyper-model.
    """
    path = Path(path)
    state, card = load_checkpoint(path)
    _refuse_other_architecture(path, card)
    model = Known(card["stages"])
    raise_all(_misfits(state, model.state_dict()), f"{path} does not hold KNOWN")
    model = model.to(next(iter(state.values())).dtype)
    model.load_state_dict(state)
    return model.eval().requires_grad_(requires_grad=False)


def read_card(path: Path | str) -> dict[str, Any]:
    """What a hyper-model's file says about it, the seal under `sha256`.

    Raises:
        KnowError: if the file is missing, damaged, or not a KNOWN hyper-model.
    """
    card = verified_metadata(Path(path))
    _refuse_other_architecture(path, card)
    return card


def _refuse_other_architecture(path: Path | str, card: Mapping[str, Any]) -> None:
    architecture, stages = card.get("architecture"), card.get("stages")
    if architecture != "known" or not isinstance(stages, int):
        raise KnowError(
            "wanted a hyper-model of architecture 'known' with its number of stages, "
            f"found architecture {architecture!r}, stages {stages!r} in {path}"
        )


def _misfits(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    problems = [f"{name!r} is missing" for name in wanted if name not in found]
    problems += [
        f"{name!r} is not part of KNOWN" for name in found if name not in wanted
    ]
    common = [name for name in wanted if name in found]
    problems += [
        f"{name!r} has shape {tuple(found[name].shape)}, "
        f"wanted {tuple(wanted[name].shape)}"
        for name in common
        if found[name].shape != wanted[name].shape
    ]
    problems += [
        f"{name!r} is not finite"
        for name in common
        if not torch.isfinite(found[name]).all()
    ]
    return problems
