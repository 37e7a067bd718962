"""Files of `torch.save` with tensors alone in them; nothing else is unpickled."""

import copy
import logging
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError, raise_all, reason_of
from know.weights.tensor_reader import DTYPES
from know.weights.tensor_writer import StateWriter, state_writer
from know.whole_files import whole_file

log = logging.getLogger("know")

TORCH_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt")

_KEYS = ("state_dict", "model_state_dict", "model", "module", "network", "net")
"""Keys under which training scripts and frameworks save a network, in this order."""
_REFUSED = re.compile(r"GLOBAL ([\w.]+)")


@dataclass(frozen=True, kw_only=True)
class TorchFile:
    """An open file of `torch.save`, its tensors mapped from the disk."""

    path: Path
    layout: Mapping[str, Tensor]
    """Every tensor by name, without values."""
    metadata: None = None
    """There is no place for facts in such a file."""
    _content: Any
    _keys: tuple[str, ...]
    """Way to the state dict within the content."""

    def read_into(self, name: str, target: Tensor, start: int = 0) -> None:
        """Fill a contiguous tensor with one in the file, or a window of it."""
        flat = _under(self._content, self._keys)[name].detach().flatten()
        target.view(-1).copy_(flat[start : start + target.numel()])

    @contextmanager
    def writer(self, path: Path) -> Iterator[StateWriter]:
        """Write another file of this content, its state dict replaced.

        All tensors are in memory until the block ends.
        """
        with state_writer(self.layout) as writer:
            yield writer
        with whole_file(path) as file:
            torch.save(_replaced(self._content, self._keys, writer.state), file)


@contextmanager
def open_torch_file(path: Path) -> Iterator[TorchFile]:
    """Open a file of `torch.save`, and find the state dict in it.

    Args:
        path: file of a state dict, or of a dict that holds one, such as a checkpoint of
            Lightning. Only tensors, containers and plain values are unpickled.

    Yields:
        The file.

    Raises:
        KnowError: if the file is missing or damaged, holds objects of other classes,
            no state dict or several, or a tensor that is not a plain one.
    """
    if not path.is_file():
        raise KnowError(f"wanted a file of weights, found no file at {path}")
    check_archive(path)
    content = _load(path)
    keys = _way_to_state(content, path)
    state = {
        name: value
        for name, value in _under(content, keys).items()
        if isinstance(value, Tensor)
    }
    raise_all(
        [
            f"{name!r} is {value.layout}, {value.dtype}, wanted a plain tensor of "
            f"{', '.join(DTYPES)}"
            for name, value in state.items()
            if value.layout != torch.strided or value.dtype not in DTYPES.values()
        ],
        f"{path} cannot be read",
    )
    layout = {
        name: torch.empty(value.shape, dtype=value.dtype, device="meta")
        for name, value in state.items()
    }
    yield TorchFile(path=path, layout=layout, _content=content, _keys=keys)


def check_archive(path: Path) -> None:
    """Compare the members of a zip archive with their CRC-32, as PyTorch does not.

    Files in PyTorch's format before 1.6 are no archives and have no checksum.

    Raises:
        KnowError: if the archive is damaged.
    """
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except Exception as error:  # Damaged bytes may raise anything.
        raise KnowError(
            f"{path} is no file of torch.save, or damaged: {reason_of(error)}"
        ) from error
    if damaged:
        raise KnowError(f"{path} is damaged: {damaged!r} does not have its CRC-32")


def _load(path: Path) -> Any:
    def load(*, mmap: bool) -> Any:
        with warnings.catch_warnings(action="ignore"):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)

    try:
        try:
            return load(mmap=True)
        except RuntimeError:
            # Files in the format before PyTorch 1.6 cannot be mapped.
            return load(mmap=False)
    except Exception as error:  # A damaged file may raise anything.
        if refused := _REFUSED.search(str(error)):
            raise KnowError(
                f"{path} holds an object of class {refused[1]}, and only tensors and "
                "plain values are unpickled; save the weights alone, for instance by "
                "torch.save(network.state_dict(), FILE)"
            ) from error
        raise KnowError(
            f"{path} is no file of torch.save, or damaged: {reason_of(error)}"
        ) from error


def _way_to_state(content: Any, path: Path) -> tuple[str, ...]:
    """Keys that lead to the one state dict in a file's content."""
    keys: tuple[str, ...] = ()
    while not _is_state(found := _under(content, keys)):
        inner = (
            [key for key, value in found.items() if _leads_to_state(value)]
            if isinstance(found, Mapping)
            else []
        )
        known = [key for key in _KEYS if key in inner]
        if not inner or not (known or len(inner) == 1):
            place = f" under {'.'.join(keys)!r}" if keys else ""
            raise KnowError(
                f"wanted one state dict in {path}, found "
                f"{', '.join(map(repr, inner)) or 'none'}{place}; save the one that "
                "you mean alone"
            )
        keys += ((known or inner)[0],)
    if keys:
        others = [str(key) for key in content if key != keys[0]]
        log.info(
            "%s: took the tensors under %r%s",
            path,
            ".".join(keys),
            f", left alone: {', '.join(others)}" if others else "",
        )
    return keys


def _is_state(value: Any) -> bool:
    """Tell whether a value is a dict of tensors, and not of dicts."""
    return (
        isinstance(value, Mapping)
        and any(isinstance(each, Tensor) for each in value.values())
        and all(isinstance(key, str) for key in value)
        and not any(isinstance(each, Mapping | list) for each in value.values())
    )


def _leads_to_state(value: Any) -> bool:
    return _is_state(value) or (
        isinstance(value, Mapping) and any(map(_is_state, value.values()))
    )


def _under(content: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        content = content[key]
    return content


def _replaced(content: Any, keys: tuple[str, ...], state: Mapping[str, Tensor]) -> Any:
    """Copy the content's outer containers, with `state` in place of its state dict."""
    changed = copy.copy(content)
    if keys:
        changed[keys[0]] = _replaced(content[keys[0]], keys[1:], state)
    else:
        changed.update(state)
    return changed
