"""Checksummed checkpoints written one tensor at a time."""

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
class TensorWriter:
    """A checkpoint that is being written."""

    names: list[str]
    """Every tensor, in the order in which they have to be written."""
    layout: Mapping[str, Tensor]
    _file: ChecksummedFile
    _written: list[str] = field(default_factory=list)

    @property
    def checksum(self) -> str:
        """The file's checksum once every tensor is written."""
        return self._file.checksum

    def write(self, name: str, value: Tensor) -> None:
        """Append a tensor.

        Args:
            name: the next of `names`.
            value: tensor of the layout's shape and dtype, on any device.
        """
        wanted = self.layout[name]
        assert name == self.names[len(self._written)]
        assert (value.shape, value.dtype) == (wanted.shape, wanted.dtype)
        self._file.write(bytes_of(value.detach().cpu().contiguous()))
        self._written.append(name)


@contextmanager
def tensor_writer(
    path: Path,
    layout: Mapping[str, Tensor],
    metadata: Mapping[str, Any],
    *,
    foreign: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[TensorWriter]:
    """Write a checkpoint one tensor at a time, or no file at all.

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
        assert writer._written == names, "a checkpoint needs every tensor of its layout"


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
