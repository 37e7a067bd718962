"""Safetensors files read one tensor at a time, into the caller's memory.

Nothing is mapped, because mapped pages that were read count as memory in use.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.checksum import verified_metadata
from know.errors import KnowError, raise_all

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

_LONGEST_HEADER = 10**8


@dataclass(frozen=True, kw_only=True)
class TensorPlace:
    """Dtype, shape and place of one tensor in a file."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    start: int
    """First byte of the tensor in the file."""

    @property
    def size(self) -> int:
        """Number of bytes."""
        return math.prod(self.shape) * self.dtype.itemsize

    def empty(self, *, device: torch.device | str = "cpu") -> Tensor:
        """Make a tensor of this shape and dtype, without values."""
        return torch.empty(self.shape, dtype=self.dtype, device=device)


@dataclass(frozen=True, kw_only=True)
class TensorReader:
    """An open safetensors file."""

    path: Path
    metadata: dict[str, Any] | None
    """Facts in a checksummed file, its checksum under `sha256`; otherwise None."""
    places: dict[str, TensorPlace]
    """Every tensor by name, in the order of the header."""
    _file: BufferedReader

    def read_into(self, name: str, target: Tensor) -> None:
        """Read one tensor.

        Args:
            name: key of `places`.
            target: contiguous tensor on the CPU, of the same shape and dtype.

        Raises:
            KnowError: if the file has become shorter since it was opened.
        """
        place = self.places[name]
        assert (tuple(target.shape), target.dtype) == (place.shape, place.dtype)
        self._file.seek(place.start)
        if self._file.readinto(bytes_of(target)) != place.size:
            raise KnowError(f"{self.path} is damaged: it ends within {name!r}")

    def read(self, name: str) -> Tensor:
        """Read one tensor into new memory."""
        value = self.places[name].empty()
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
        header, start = _header(path, file)
        described = header.pop("__metadata__", None) or {}
        places = _places(path, header, start)
        metadata = verified_metadata(path) if "know" in described else None
        yield TensorReader(path=path, metadata=metadata, places=places, _file=file)


def bytes_of(value: Tensor) -> memoryview:
    """View the bytes of a contiguous tensor on the CPU."""
    flat = value.detach().view(-1).view(torch.uint8)
    return flat.numpy().data


def _header(path: Path, file: BufferedReader) -> tuple[dict[str, Any], int]:
    """Read the header, and where the tensors' bytes begin."""
    length = int.from_bytes(file.read(8), "little")
    size = os.fstat(file.fileno()).st_size
    problem = "no header in it"
    if 2 <= length <= min(size - 8, _LONGEST_HEADER):
        try:
            header = json.loads(file.read(length))
        except ValueError as error:
            problem = f"its header is no JSON: {error}"
        else:
            if isinstance(header, dict):
                return header, 8 + length
            problem = "its header is no object"
    raise KnowError(f"{path} is no safetensors file, or damaged: {problem}")


def _places(
    path: Path, header: Mapping[str, Any], start: int
) -> dict[str, TensorPlace]:
    places, problems = {}, []
    size = path.stat().st_size
    for name, entry in header.items():
        try:
            dtype, shape = entry["dtype"], tuple(map(int, entry["shape"]))
            first, last = map(int, entry["data_offsets"])
        except (KeyError, TypeError, ValueError):
            problems.append(f"{name!r} lacks a dtype, a shape or its offsets")
            continue
        if dtype not in DTYPES:
            problems.append(f"{name!r} is {dtype}, wanted one of {', '.join(DTYPES)}")
            continue
        place = TensorPlace(dtype=DTYPES[dtype], shape=shape, start=start + first)
        if first < 0 or min(shape, default=0) < 0 or last - first != place.size:
            problems.append(
                f"{name!r} of shape {shape}, {dtype}, does not fit bytes {first} to "
                f"{last}"
            )
        elif start + last > size:
            problems.append(f"{name!r} ends {start + last - size} bytes past the file")
        places[name] = place
    raise_all(problems, f"{path} is damaged or cannot be read")
    return places
