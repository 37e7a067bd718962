"""Checksummed checkpoints written one tensor at a time."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import safetensors.torch
import torch
from torch import Tensor

from know.checksum import ChecksummedWriter, checksummed_metadata
from know.weights.tensor_reader import bytes_of


class TensorWriter:
    """A checkpoint that appears whole or not at all: the bytes of `save_checkpoint`.

    To be entered once. The tensors are written in the order of `names`, all of them.
    """

    def __init__(
        self, path: Path, layout: Mapping[str, Tensor], metadata: Mapping[str, Any]
    ) -> None:
        """Lay the file out; nothing is written yet.

        Args:
            path: file to write, ending in `.safetensors`; an older file is replaced.
            layout: tensors by name whose shapes and dtypes alone are looked at, such
                as those of the device `meta`.
            metadata: JSON-ready facts about the tensors.
        """
        header, self.names = _header(layout, metadata)
        self._layout = layout
        self._waiting = iter(self.names)
        self._writer = ChecksummedWriter(path, header)

    def __enter__(self) -> Self:
        """Write the header."""
        self._writer.__enter__()
        return self

    def write(self, name: str, value: Tensor) -> None:
        """Append a tensor.

        Args:
            name: the next of `names`.
            value: of the layout's shape and dtype, on any device.
        """
        wanted = self._layout[name]
        assert name == next(self._waiting)
        assert (value.shape, value.dtype) == (wanted.shape, wanted.dtype)
        self._writer.write(bytes_of(value.detach().cpu().contiguous()))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Add the checksum and move the file into place, or leave nothing behind."""
        missing = kind is None and next(self._waiting, None) is not None
        if missing:
            kind = AssertionError
        self._writer.__exit__(kind, error, trace)
        assert not missing, "a checkpoint needs every tensor of its layout"


def _header(
    layout: Mapping[str, Tensor], metadata: Mapping[str, Any]
) -> tuple[bytes, list[str]]:
    """The head of the file, and the tensors in the order of their bytes."""
    # Without values, so that safetensors itself names the dtypes and sets the order.
    empty = {n: torch.empty(0, dtype=value.dtype) for n, value in layout.items()}
    sample = safetensors.torch.save(empty, metadata=checksummed_metadata(metadata))
    length = int.from_bytes(sample[:8], "little")
    header = json.loads(sample[8 : 8 + length])
    names = [name for name in header if name != "__metadata__"]
    start = 0
    for name in names:
        shape = layout[name].shape
        stop = start + shape.numel() * layout[name].dtype.itemsize
        header[name].update(shape=list(shape), data_offsets=[start, stop])
        start = stop
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, names
