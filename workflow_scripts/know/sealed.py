"""Safetensors files that notice a single flipped byte.

The safetensors format has no checksum. A sealed file carries the SHA-256 of all its own
bytes (the digest's 64 digits taken as zeros) in its header's metadata, under the one
key `know`, beside whatever else the writer wants remembered. Any reader of safetensors
opens it; ours verifies the seal first. Decision 12.
"""

import hashlib
import json
import mmap
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from know.errors import KnowError

_UNSEALED = "0" * 64
_SEAL = re.compile(rb'sha256\\": \\"([0-9a-f]{64})\\"')


def sealed_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Metadata to hand to safetensors' `save`, with room for the seal.

    Args:
        metadata: JSON-ready values; one under the key `sha256` gives way to the seal.

    Returns:
        One key, because safetensors writes several in no fixed order.
    """
    # The seal's place comes first: no digest in the metadata can be taken for it.
    others = {key: value for key, value in metadata.items() if key != "sha256"}
    ordered = json.loads(json.dumps(others, sort_keys=True))
    return {"know": json.dumps({"sha256": _UNSEALED, **ordered})}


def write_sealed(path: Path, serialised: bytes) -> str:
    """Seal `serialised` and put it at `path`, whole or not at all.

    Args:
        path: file to write; its folder is made, an older file replaced.
        serialised: what safetensors' `save` gave for tensors and `sealed_metadata`.

    Returns:
        The file's seal, 64 hexadecimal digits.
    """
    content = bytearray(serialised)
    found = _SEAL.search(content, 8, 8 + _header_length(content))
    assert found, "write_sealed needs the metadata of sealed_metadata"
    seal = hashlib.sha256(content).hexdigest()
    content[found.start(1) : found.end(1)] = seal.encode()
    write_whole(path, content)
    return seal


def write_whole(path: Path, content: bytes | bytearray | str) -> None:
    """Put `content` at `path` by a move, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content.encode() if isinstance(content, str) else content)
    partial.replace(path)


def verified_metadata(path: Path) -> dict[str, Any]:
    """Metadata of a sealed file, every byte of which has been checked.

    Args:
        path: a file that `write_sealed` wrote.

    Returns:
        The metadata given at writing, and its `sha256`.

    Raises:
        KnowError: if the file is missing, truncated, changed or was never sealed.
    """
    if not path.is_file():
        raise KnowError(f"wanted a sealed safetensors file, found no file at {path}")
    if path.stat().st_size < 8:
        raise KnowError(f"{path} is damaged: {path.stat().st_size} bytes, no header")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as m:
        length = _header_length(m)
        found = _SEAL.search(m, 8, 8 + length) if 8 + length <= len(m) else None
        if found is None:
            raise KnowError(f"{path} is damaged or not a sealed file: no seal in it")
        digest = hashlib.sha256(m[: found.start(1)] + _UNSEALED.encode())
        with memoryview(m) as view:
            digest.update(view[found.end(1) :])
        wanted = found.group(1).decode()
        header = m[8 : 8 + length]
        del found
    if digest.hexdigest() != wanted:
        raise KnowError(
            f"{path} is damaged: its bytes digest to {digest.hexdigest()[:12]}, "
            f"its seal says {wanted[:12]}"
        )
    metadata: dict[str, Any] = json.loads(json.loads(header)["__metadata__"]["know"])
    return metadata


def _header_length(content: bytes | bytearray | mmap.mmap) -> int:
    return int(struct.unpack("<Q", content[:8])[0])
