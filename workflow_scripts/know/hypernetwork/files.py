"""Hypernetworks as checksummed safetensors files with a card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from know.checksum import verified_metadata
from know.errors import KnowError, raise_all
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.models import MODELS
from know.weights.checkpoint import load_checkpoint, save_checkpoint


def save(path: Path, model: Hypernetwork, card: Mapping[str, Any]) -> None:
    """Write a hypernetwork whole or not at all.

    Args:
        path: file to write, ending in `.safetensors`.
        model: the network; its dtype is kept.
        card: JSON-ready facts, such as its kind (conv, fc, bias) and where it comes
            from; `architecture`, `stages` and `settings` are added.
    """
    facts = {
        "architecture": model.architecture,
        "stages": model.stages,
        "settings": model.settings(),
    }
    save_checkpoint(path, model.state_dict(), {**card, **facts})


def load(path: Path | str) -> Hypernetwork:
    """Read a hypernetwork after checking every byte of it.

    Args:
        path: a file that `save` wrote.

    Returns:
        The network that the card names, on the CPU, in evaluation mode, its parameters
        not trainable.

    Raises:
        KnowError: if the file is missing, damaged, or not a hypernetwork.
    """
    path = Path(path)
    state, card = load_checkpoint(path)
    _refuse_other_files(path, card)
    model = _built(path, card)
    wrong = f"{path} does not hold a hypernetwork {card['architecture']}"
    model = model.to(next(iter(state.values())).dtype if state else torch.float32)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise KnowError(f"{wrong}: {error}") from error
    bad = [name for name, value in state.items() if not value.isfinite().all()]
    raise_all([f"{name!r} is not finite" for name in bad], wrong)
    return model.eval().requires_grad_(requires_grad=False)


def read_card(path: Path | str) -> dict[str, Any]:
    """Read a hypernetwork's card, with the checksum under `sha256`.

    Raises:
        KnowError: if the file is missing, damaged, or not a hypernetwork.
    """
    card = verified_metadata(Path(path))
    _refuse_other_files(path, card)
    return card


def _refuse_other_files(path: Path | str, card: Mapping[str, Any]) -> None:
    architecture, stages = card.get("architecture"), card.get("stages")
    if architecture not in MODELS or not isinstance(stages, int):
        raise KnowError(
            f"wanted a hypernetwork of architecture {', '.join(MODELS)} with its "
            f"number of stages, found architecture {architecture!r}, stages {stages!r} "
            f"in {path}"
        )


def _built(path: Path, card: Mapping[str, Any]) -> Hypernetwork:
    """Build a network like the saved one, its weights still to come."""
    # Files of KNOWN from before there were settings tell the stages alone.
    settings = card.get("settings", {"stages": card["stages"]})
    try:
        return MODELS[card["architecture"]](**settings)
    except TypeError as error:
        raise KnowError(
            f"wanted settings of a hypernetwork {card['architecture']}, "
            f"found {settings!r} in {path}"
        ) from error
