"""Files of `torch.save` with tensors alone in them; nothing else is unpickled."""

import copy
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

from know.errors import KnowError, raise_all, reason_of, some_of
from know.weights.tensor_reader import DTYPES
from know.weights.tensor_writer import StateWriter, state_writer
from know.whole_files import whole_file

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

    @property
    def note(self) -> str | None:
        """Which of the file's tensors these are, if it holds others; for the log."""
        if not self._keys:
            return None
        others = [str(key) for key in self._content if key != self._keys[0]]
        left = f", left alone: {some_of(others)}" if others else ""
        return f"took the tensors under {'.'.join(self._keys)!r}{left}"

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
    try:
        keys = _way_to_state(content, path)
    except RecursionError as error:
        raise KnowError(f"{path} holds containers within containers: too many") from (
            error
        )
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
    ways = list(_ways_to_states(content))
    if not ways:
        found = f"a {type(content).__name__}"
        if isinstance(content, Mapping):
            found += f" with {some_of([*map(repr, content)]) or 'nothing'}"
        raise KnowError(
            f"wanted one dict of names and tensors in {path}, found none in {found}; "
            "save the network by torch.save(network.state_dict(), FILE)"
        )
    keys: tuple[str, ...] = ()
    while keys not in ways:
        ways = [way for way in ways if way[: len(keys)] == keys]
        inner = dict.fromkeys(way[len(keys)] for way in ways)
        known = [key for key in _KEYS if key in inner]
        if not known and len(inner) > 1:
            first = "".join(f"[{key!r}]" for key in ways[0])
            raise_all(
                [
                    f"{'.'.join(way)!r}: {len(_under(content, way))} tensors"
                    for way in ways
                ],
                f"wanted one dict of names and tensors in {path}, found several; save "
                "the one that you mean alone, as by "
                f"torch.save(torch.load(FILE){first}, NEW_FILE)",
            )
        keys += (known[0] if known else next(iter(inner)),)
    return keys


def _ways_to_states(content: Any) -> Iterator[tuple[str, ...]]:
    """Keys that lead to each dict of tensors, but for those in an optimizer's state."""
    if not isinstance(content, Mapping) or not all(isinstance(k, str) for k in content):
        return
    inner = {k: value for k, value in content.items() if not isinstance(value, Tensor)}
    if len(inner) < len(content) and not any(map(_holds_tensors, inner.values())):
        yield ()
    for key, value in inner.items():
        if not key.startswith("optim"):
            yield from ((key, *way) for way in _ways_to_states(value))


def _holds_tensors(value: Any) -> bool:
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        return any(map(_holds_tensors, value))
    return isinstance(value, Tensor)


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
