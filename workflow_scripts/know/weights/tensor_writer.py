"""Checksummed checkpoints written tensor by tensor or in parts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from know.checksum import (
    ChecksummedFile,
    checksummed_file,
    checksummed_metadata,
    header_like,
)
from know.weights.tensor_reader import bytes_of


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """Tensors that are being written."""

    names: list[str]
    """Every tensor, in the order in which they have to be written."""
    layout: Mapping[str, Tensor]
    _counts: dict[str, int] = field(default_factory=dict)
    """Values written of each tensor."""

    def _advance(self, name: str, values: Tensor) -> int:
        """Return the place of the first of the values, and count them."""
        start = self._counts.setdefault(name, 0)
        assert name == self.names[len(self._counts) - 1]
        assert values.dtype == self.layout[name].dtype
        self._counts[name] += values.numel()
        return start

    def check_end(self) -> None:
        """Assert that every tensor was written as a whole."""
        counts = {name: value.numel() for name, value in self.layout.items()}
        assert self._counts == counts, "a network needs every tensor of its layout"


@dataclass(frozen=True, kw_only=True)
class TensorWriter(_Writer):
    """A checkpoint that is being written."""

    _file: ChecksummedFile

    @property
    def checksum(self) -> str:
        """The file's checksum once every tensor is written."""
        return self._file.checksum

    def write(self, name: str, values: Tensor) -> None:
        """Append a tensor, or the next values of it.

        Args:
            name: the next of `names`, or once more the last one.
            values: values of the layout's dtype, on any device.
        """
        self._advance(name, values)
        self._file.write(bytes_of(values.detach().cpu().contiguous()))


@dataclass(frozen=True, kw_only=True)
class StateWriter(_Writer):
    """A state dict that is being gathered in memory."""

    state: dict[str, Tensor] = field(default_factory=dict)

    def write(self, name: str, values: Tensor) -> None:
        """Add a tensor, or the next values of it, as `TensorWriter.write` does."""
        start = self._advance(name, values)
        if name not in self.state:
            self.state[name] = torch.empty_like(self.layout[name], device="cpu")
        target = self.state[name].view(-1)[start : start + values.numel()]
        target.copy_(values.detach().flatten())


@contextmanager
def state_writer(layout: Mapping[str, Tensor]) -> Iterator[StateWriter]:
    """Gather a state dict as `tensor_writer` writes a file."""
    writer = StateWriter(names=[*layout], layout=layout)
    yield writer
    writer.check_end()


@contextmanager
def tensor_writer(
    path: Path,
    layout: Mapping[str, Tensor],
    metadata: Mapping[str, Any],
    *,
    foreign: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[TensorWriter]:
    """Write a checkpoint piece by piece, or no file at all.

    Args:
        path: file to write, ending in `.safetensors`; an older file is replaced.
        layout: tensors by name of which only shapes and dtypes are used, for instance
            on the device `meta`.
        metadata: JSON-ready facts about the tensors.
        foreign: metadata of other programs, kept beside ours.

    Yields:
        A writer that has to be given every tensor, in the order of its `names`.
    """
    header, names = _header(layout, metadata, foreign)
    with checksummed_file(path, header) as file:
        writer = TensorWriter(names=names, layout=layout, _file=file)
        yield writer
        writer.check_end()


def _header(
    layout: Mapping[str, Tensor],
    metadata: Mapping[str, Any],
    foreign: Mapping[str, str],
) -> tuple[bytes, list[str]]:
    """Make the head of the file, and list the tensors in the order of their bytes."""
    # An empty file, so that safetensors itself names the dtypes and sets the order.
    empty = {n: torch.empty(0, dtype=value.dtype) for n, value in layout.items()}
    sample = safetensors.torch.save(empty, metadata=checksummed_metadata(metadata))
    sizes = {n: (value.shape, value.nbytes) for n, value in layout.items()}
    return header_like(sample, sizes, foreign)
