"""Safetensors files in which a single flipped byte is noticed.

The safetensors format has no checksum. A checksummed file holds the SHA-256 of all its
own bytes (the digest's 64 digits taken as zeros) in its header's metadata, under the
one key `know`, beside the writer's other metadata. Any reader of safetensors opens it;
ours verifies the checksum first. Decision 12.
"""

import hashlib
import json
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from know.errors import KnowError, naming
from know.whole_files import whole_file

_BLANK = "0" * 64
_CHECKSUM = re.compile(rb'sha256\\": \\"([0-9a-f]{64})\\"')
REMEDY = "if the workflow made it, delete it and run again"
"""Advice for damaged files."""
_LONGEST_HEADER = 10**8
"""Bytes; safetensors refuses longer ones."""


def checksummed_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Prepare metadata for safetensors' `save`, with room for the checksum.

    Args:
        metadata: JSON-ready values; the checksum replaces one under `sha256`.

    Returns:
        One key, because safetensors writes several in no fixed order.
    """
    # The checksum's place comes first: no digest in the metadata can be taken for it.
    others = {key: value for key, value in metadata.items() if key != "sha256"}
    ordered = json.loads(json.dumps(others, sort_keys=True))
    return {"know": json.dumps({"sha256": _BLANK, **ordered})}


def write_checksummed(path: Path, serialised: bytes) -> str:
    """Add the checksum to `serialised` and put it at `path`, whole or not at all.

    Args:
        path: file to write; its folder is made, an older file replaced.
        serialised: result of safetensors' `save` with `checksummed_metadata`.

    Returns:
        The file's checksum, 64 hexadecimal digits.
    """
    start = 8 + _header_length(serialised)
    with checksummed_file(path, serialised[:start]) as file:
        file.write(memoryview(serialised)[start:])
    return file.checksum


def header_like(
    sample: bytes,
    sizes: Mapping[str, tuple[Sequence[int], int]],
    foreign: Mapping[str, str] = MappingProxyType({}),
) -> tuple[bytes, list[str]]:
    """Make the head of a file from a serialised file of the same, but empty, tensors.

    Args:
        sample: result of safetensors' `save` with `checksummed_metadata`.
        sizes: shape of each tensor, and its number of bytes.
        foreign: metadata of other programs, kept behind ours.

    Returns:
        The head, and the names of the tensors in the order of their bytes.
    """
    header = json.loads(sample[8 : 8 + _header_length(sample)])
    # Ours first, where the checksum is looked for.
    header["__metadata__"] |= foreign
    names = [name for name in header if name != "__metadata__"]
    start = 0
    for name in names:
        shape, num_bytes = sizes[name]
        stop = start + num_bytes
        header[name].update(shape=list(shape), data_offsets=[start, stop])
        start = stop
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, names


@dataclass(frozen=True)
class ChecksummedFile:
    """A file that is being written piece by piece, and the digest of its pieces."""

    _file: BinaryIO
    _digest: Any = field(default_factory=hashlib.sha256)

    @property
    def checksum(self) -> str:
        """Digest of all pieces so far, 64 hexadecimal digits."""
        return str(self._digest.hexdigest())

    def write(self, piece: bytes | memoryview) -> None:
        """Append the next bytes."""
        self._digest.update(piece)
        self._file.write(piece)


@contextmanager
def checksummed_file(path: Path, header: bytes) -> Iterator[ChecksummedFile]:
    """Write a checksummed file piece by piece, whole or not at all.

    Args:
        path: file to write; its folder is made, an older file replaced.
        header: length and JSON at the start of a safetensors file, with the metadata
            of `checksummed_metadata`.

    Yields:
        The file behind its header; it moves to `path` if the block ends without error.
    """
    place = _CHECKSUM.search(header, 8)
    assert place, "a checksummed file needs the metadata of checksummed_metadata"
    with whole_file(path) as file:
        writer = ChecksummedFile(file)
        writer.write(header)
        yield writer
        file.seek(place.start(1))
        file.write(writer.checksum.encode())


def verified_metadata(path: Path) -> dict[str, Any]:
    """Check every byte of a checksummed file.

    Returns:
        The metadata given at writing, and its `sha256`.

    Raises:
        KnowError: if the file is missing, truncated, changed or was never checksummed.
    """
    if not path.is_file():
        raise KnowError(
            f"wanted a checksummed safetensors file, found no file at {path}"
        )
    size = path.stat().st_size
    if size < 8:
        raise KnowError(f"{path} is damaged: {size} bytes, no header; {REMEDY}")
    with naming(path), path.open("rb") as file:
        head = file.read(8)
        length = _header_length(head)
        if length <= min(size - 8, _LONGEST_HEADER):
            head += file.read(length)
        found = _CHECKSUM.search(head, 8)
        if found is None:
            raise KnowError(
                f"{path} is not sealed by know, or damaged: there is no checksum in it"
            )
        blanked = head[: found.start(1)] + _BLANK.encode() + head[found.end(1) :]
        # Goes on behind the head, block by block.
        digest = hashlib.file_digest(file, lambda: hashlib.sha256(blanked)).hexdigest()
    wanted = found.group(1).decode()
    if digest != wanted:
        raise KnowError(
            f"{path} is damaged: its bytes digest to {digest[:12]}, "
            f"its checksum says {wanted[:12]}; {REMEDY}"
        )
    metadata: dict[str, Any] = json.loads(json.loads(head[8:])["__metadata__"]["know"])
    return metadata


def _header_length(content: bytes) -> int:
    return int(struct.unpack("<Q", content[:8])[0])
