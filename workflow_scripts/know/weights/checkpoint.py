"""Checkpoints: a network's state dict in a checksummed safetensors file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from know.checksum import verified_metadata
from know.weights.tensor_writer import tensor_writer

State = dict[str, Tensor]
"""A state dict: parameters and buffers by name."""


def save_checkpoint(
    path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, Any]
) -> str:
    """Write `state` whole or not at all.

    Args:
        path: file to write, ending in `.safetensors`.
        state: parameters and buffers by name, on any device, of any dtype.
        metadata: JSON-ready facts (run, stage, samples, seed, accuracies).

    Returns:
        The file's checksum, the SHA-256 by which other artifacts refer to it.
    """
    tensors = {name: value.contiguous() for name, value in on_cpu(state).items()}
    with tensor_writer(path, tensors, metadata) as writer:
        for name in writer.names:
            writer.write(name, tensors[name])
    return writer.checksum


def load_checkpoint(path: Path) -> tuple[State, dict[str, Any]]:
    """Read a checkpoint after checking every byte of it.

    Returns:
        The state dict, on the CPU, and the metadata with the checksum under `sha256`.

    Raises:
        KnowError: if the file is missing, damaged or not a checksummed file.
    """
    metadata = verified_metadata(path)
    return safetensors.torch.load_file(path), metadata


def on_cpu(state: Mapping[str, Tensor]) -> State:
    """Move tensors to the CPU; those already there are not copied."""
    return {name: value.detach().cpu() for name, value in state.items()}
