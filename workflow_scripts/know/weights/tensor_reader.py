"""Safetensors files read tensor by tensor or in parts, into the caller's memory.

Nothing is mapped, because mapped pages that were read count as memory in use.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from know.checksum import verified_metadata
from know.errors import KnowError, naming, raise_all, reason_of

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
"""The format's names for the dtypes of weights and counts."""
_MOST_DIMENSIONS = 64


@dataclass(frozen=True, kw_only=True)
class TensorReader:
    """An open safetensors file."""

    path: Path
    metadata: dict[str, Any] | None
    """Facts in a checksummed file, its checksum under `sha256`; otherwise None."""
    foreign: Mapping[str, str]
    """Metadata that others wrote into the file."""
    layout: dict[str, Tensor]
    """Every tensor by name, without values."""
    _starts: dict[str, int]
    """First byte of each tensor in the file."""
    _file: BufferedReader

    def read_into(self, name: str, target: Tensor, start: int = 0) -> None:
        """Read a tensor, or a window of it.

        Args:
            name: key of `layout`.
            target: contiguous tensor on the CPU, of the same dtype; it is filled.
            start: place of the first value in the flattened tensor.

        Raises:
            KnowError: if the file has become shorter since it was opened.
        """
        wanted = self.layout[name]
        assert target.dtype == wanted.dtype
        assert start + target.numel() <= wanted.numel()
        rest, place = bytes_of(target), self._starts[name] + start * wanted.itemsize
        while rest:
            with naming(self.path):
                count = os.preadv(self._file.fileno(), [rest], place)
            if not count:
                raise KnowError(f"{self.path} is damaged: it ends within {name!r}")
            rest, place = rest[count:], place + count

    def read(self, name: str) -> Tensor:
        """Read one tensor into new memory."""
        value = torch.empty_like(self.layout[name], device="cpu")
        self.read_into(name, value)
        return value


@contextmanager
def open_tensors(path: Path) -> Iterator[TensorReader]:
    """Open a safetensors file of any origin, and check its checksum if it has one.

    Args:
        path: the file; without a checksum its values are taken as they are.

    Yields:
        The file, closed when the block ends.

    Raises:
        KnowError: if the file is missing, damaged, no safetensors file, or holds a
            tensor of a dtype that is not in `DTYPES`.
    """
    if not path.is_file():
        raise KnowError(f"wanted a safetensors file, found no file at {path}")
    with path.open("rb") as file:
        described, layout = _header(path)
        # The format leaves no gap between tensors, nor behind the last one.
        sizes = [value.nbytes for value in layout.values()]
        first = path.stat().st_size - sum(sizes)
        yield TensorReader(
            path=path,
            metadata=verified_metadata(path) if "know" in described else None,
            foreign={k: v for k, v in described.items() if k != "know"},
            layout=layout,
            _starts=dict(zip(layout, accumulate(sizes, initial=first), strict=False)),
            _file=file,
        )


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read every tensor of a file, which `open_tensors` opens."""
    with open_tensors(path) as reader:
        return {name: reader.read(name) for name in reader.layout}


def bytes_of(value: Tensor) -> memoryview:
    """View the bytes of a contiguous tensor on the CPU."""
    flat = value.detach().view(-1).view(torch.uint8)
    return flat.numpy().data


def _header(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Read a file's metadata, and its layout in the order of the tensors' bytes."""
    try:
        # As for NumPy: for PyTorch, safetensors maps memory that counts as written.
        with safe_open(path, framework="numpy") as file:
            described = file.metadata() or {}
            places = {name: file.get_slice(name) for name in file.offset_keys()}
            facts = {n: (s.get_dtype(), s.get_shape()) for n, s in places.items()}
    except (SafetensorError, OSError) as error:
        raise KnowError(
            f"{path} is no safetensors file, or damaged: {reason_of(error)}"
        ) from error
    wrong = [
        f"{name!r} is {dtype}, wanted one of {', '.join(DTYPES)}"
        for name, (dtype, _) in facts.items()
        if dtype not in DTYPES
    ]
    wrong += [
        f"{name!r} has {len(shape)} dimensions, PyTorch knows {_MOST_DIMENSIONS}"
        for name, (_, shape) in facts.items()
        if len(shape) > _MOST_DIMENSIONS
    ]
    raise_all(wrong, f"{path} cannot be read")
    return described, {
        name: torch.empty(shape, dtype=DTYPES[dtype], device="meta")
        for name, (dtype, shape) in facts.items()
    }
