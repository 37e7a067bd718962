"""Safetensors files that notice a single flipped byte.

The safetensors format has no checksum. A checksummed file carries the SHA-256 of all
its own bytes (the digest's 64 digits taken as zeros) in its header's metadata, under
the one key `know`, beside the writer's other metadata. Any reader of safetensors opens
it; ours verifies the checksum first. Decision 12.
"""

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from know.errors import KnowError

_BLANK = "0" * 64
_CHECKSUM = re.compile(rb'sha256\\": \\"([0-9a-f]{64})\\"')
_BLOCK = 2**20
"""Bytes to read at once: memory does not grow with the file."""
_LONGEST_HEADER = 10**8
"""Bytes; safetensors refuses longer ones."""


def checksummed_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Metadata to hand to safetensors' `save`, with room for the checksum.

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
    with ChecksummedWriter(path, serialised[:start]) as writer:
        writer.write(memoryview(serialised)[start:])
    return writer.checksum


class ChecksummedWriter:
    """A checksummed file, written piece by piece, that appears whole or not at all.

    To be entered once; the file moves into place when the block ends without an error,
    and then has its `checksum`.
    """

    def __init__(self, path: Path, header: bytes) -> None:
        """Take the place and the head of the file; nothing is written yet.

        Args:
            path: file to write; its folder is made, an older file replaced.
            header: the length and the JSON at the start of a safetensors file, with
                the metadata of `checksummed_metadata`.
        """
        found = _CHECKSUM.search(header, 8)
        assert found, "a checksummed file needs the metadata of checksummed_metadata"
        self.path = path
        self.checksum = ""
        self._header = header
        self._checksum_at = found.start(1)
        self._digest = hashlib.sha256()
        self._partial = path.with_name(f"{path.name}.partial")

    def __enter__(self) -> Self:
        """Write the head."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._partial.open("wb")
        self.write(self._header)
        return self

    def write(self, piece: bytes | memoryview) -> None:
        """Append the next bytes."""
        self._digest.update(piece)
        self._file.write(piece)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Add the checksum and move the file into place, or leave nothing behind."""
        try:
            with self._file as file:
                if kind is None:
                    checksum = self._digest.hexdigest()
                    file.seek(self._checksum_at)
                    file.write(checksum.encode())
            if kind is None:
                self._partial.replace(self.path)
                self.checksum = checksum
        finally:
            self._partial.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | bytearray | str) -> None:
    """Put `content` at `path` by a move, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content.encode() if isinstance(content, str) else content)
    partial.replace(path)


def verified_metadata(path: Path) -> dict[str, Any]:
    """Metadata of a checksummed file, every byte of which has been checked.

    Args:
        path: a file that `write_checksummed` wrote.

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
        raise KnowError(f"{path} is damaged: {size} bytes, no header")
    with path.open("rb") as file:
        head = file.read(8)
        length = _header_length(head)
        if length <= min(size - 8, _LONGEST_HEADER):
            head += file.read(length)
        found = _CHECKSUM.search(head, 8)
        if found is None:
            raise KnowError(
                f"{path} is damaged or not a checksummed file: no checksum in it"
            )
        digest = _digest_of_rest(file, head[: found.start(1)], head[found.end(1) :])
    wanted = found.group(1).decode()
    if digest != wanted:
        raise KnowError(
            f"{path} is damaged: its bytes digest to {digest[:12]}, "
            f"its checksum says {wanted[:12]}"
        )
    metadata: dict[str, Any] = json.loads(json.loads(head[8:])["__metadata__"]["know"])
    return metadata


def _digest_of_rest(file: BinaryIO, before: bytes, after: bytes) -> str:
    """Digest of a head whose checksum is taken as zeros, and of what follows it."""
    digest = hashlib.sha256(before + _BLANK.encode() + after)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _header_length(content: bytes) -> int:
    return int(struct.unpack("<Q", content[:8])[0])
