"""Networks as people save them: one file, or a folder with shards and other files.

One reader serves every command. What it opens it can write again in the same layout:
the same files, names, dtypes and metadata.
"""

import json
import logging
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from know.errors import KnowError, raise_all, reason_of, some_of
from know.weights.tensor_reader import TensorReader, open_tensors
from know.weights.tensor_writer import tensor_writer
from know.weights.torch_file import TORCH_SUFFIXES, TorchFile, open_torch_file
from know.whole_files import beside

log = logging.getLogger("know")

WRAPPERS = ("module.", "_orig_mod.")
"""Prefixes that data-parallel and compiled networks put before each name."""
_OF_SOME = "model."
"""Prefix that a training framework may put before each name; also networks' own."""

_FOLDERS_WEIGHTS = (
    "model.safetensors",
    "adapter_model.safetensors",
    "diffusion_pytorch_model.safetensors",
    "pytorch_model.bin",
    "adapter_model.bin",
)
"""Files that may hold a folder's weights, the first one that is there."""
_INDEX = ".index.json"
"""Follows such a name where the weights lie in shards."""
_NOT_CARRIED = {*TORCH_SUFFIXES, ".safetensors", ".h5", ".msgpack", ".onnx", ".gguf"}
"""Files of these suffixes hold other weights, or the state of a training."""


class Writer(Protocol):
    """A network, or a file of it, that is being written."""

    @property
    def names(self) -> Sequence[str]:
        """Every tensor, in the order in which they have to be written."""

    def write(self, name: str, values: Tensor) -> None:
        """Append the next of `names`, or the next values of the last one."""


OpenFile = TensorReader | TorchFile


@dataclass(frozen=True, kw_only=True)
class SavedNetwork:
    """An open network."""

    path: Path
    files: Mapping[str, OpenFile]
    """The one file, or those of a folder, by name."""
    prefixes: Sequence[str] = ()
    """Wrappers before names in the files, left out here one after the other."""
    layout: Mapping[str, Tensor] = field(init=False)
    """Every tensor by name, without values."""
    _places: Mapping[str, tuple[OpenFile, str]] = field(init=False)
    """File and own name there of each tensor."""

    def __post_init__(self) -> None:
        """Lay the files' tensors together; refuse names that become the same."""
        places: dict[str, tuple[OpenFile, str]] = {}
        problems = []
        for file in self.files.values():
            for own in file.layout:
                name = reduce(str.removeprefix, self.prefixes, own)
                if name in places and self.prefixes:
                    problems.append(f"{own!r} and {places[name][1]!r}")
                places[name] = file, own
        prefixes = " and ".join(map(repr, self.prefixes))
        raise_all(problems, f"{self.path}: names are the same without {prefixes}")
        layout = {name: file.layout[own] for name, (file, own) in places.items()}
        object.__setattr__(self, "layout", layout)
        object.__setattr__(self, "_places", places)

    @property
    def facts(self) -> dict[str, Any] | None:
        """Facts in a file that we wrote; None of a foreign network."""
        return next(iter(self.files.values())).metadata

    @property
    def notes(self) -> list[str]:
        """Which tensors of a file these are, where it holds others."""
        notes = [f.note for f in self.files.values() if isinstance(f, TorchFile)]
        return [*dict.fromkeys(filter(None, notes))]

    def read_into(self, name: str, target: Tensor, start: int = 0) -> None:
        """Fill a contiguous tensor on the CPU with one of its dtype, from `start` on.

        Args:
            name: key of `layout`.
            target: as large as the tensor, or as the window of it that is wanted.
            start: place of the first value in the flattened tensor.
        """
        file, own = self._places[name]
        file.read_into(own, target, start)

    @contextmanager
    def writer(self, path: Path, facts: Mapping[str, Any]) -> Iterator[Writer]:
        """Write another network of this layout, whole or not at all.

        Args:
            path: file or folder to write; one that ends in `.safetensors` becomes one
                such file, with the names of `layout`. A folder must not exist yet, and
                gets a copy of all files that are not weights.
            facts: JSON-ready facts, kept where a file has a place for them.

        Yields:
            A writer of the names in `layout`.

        Raises:
            KnowError: if `path` is no name for such a file or folder.
        """
        is_folder = self.path.is_dir()
        if path.suffix == ".safetensors" != self.path.suffix:
            with tensor_writer(path, self.layout, facts) as written:
                yield written
        elif is_folder:
            if path.exists():
                raise KnowError(f"{path} exists: wanted the name of a new folder")
            with beside(path) as partial:
                partial.mkdir()
                with ExitStack() as stack:
                    writers = [
                        stack.enter_context(_writer_like(file, partial / name, facts))
                        for name, file in self.files.items()
                    ]
                    yield self._unwrapped(writers)
                _copy_others(self.path, partial, but=self.files)
                partial.rename(path)
        elif path.suffix != self.path.suffix:
            raise KnowError(
                f"{path}: wanted a name that ends in {self.path.suffix!r} as that of "
                f"{self.path} does, or in '.safetensors'"
            )
        else:
            (file,) = self.files.values()
            with _writer_like(file, path, facts) as written:
                yield self._unwrapped([written])

    def _unwrapped(self, writers: Sequence[Writer]) -> Writer:
        """Take writers of the files as one of the names in `layout`."""
        names = {own: name for name, (_, own) in self._places.items()}
        return _Unwrapped({names[own]: (w, own) for w in writers for own in w.names})


class _Unwrapped:
    """Writers of several files as one, and the own names of tensors in the files."""

    def __init__(self, own: Mapping[str, tuple[Writer, str]]) -> None:
        self._own = own
        self.names = list(own)

    def write(self, name: str, values: Tensor) -> None:
        writer, own = self._own[name]
        writer.write(own, values)


@contextmanager
def open_network(path: Path) -> Iterator[SavedNetwork]:
    """Open a file or folder with the weights of one network.

    Args:
        path: a `.safetensors` file; a `.pt`, `.pth`, `.bin` or `.ckpt` of PyTorch; or a
            folder of transformers, diffusers or PEFT, its weights in one file or in
            shards with an index.

    Yields:
        The network, closed when the block ends.

    Raises:
        KnowError: if the file is missing, damaged, or of another format.
    """
    if not path.exists():
        raise KnowError(f"wanted a network, found no file or folder at {path}")
    with ExitStack() as stack:
        if path.is_dir():
            names = _weight_files(path)
            files = {n: stack.enter_context(_open_file(path / n)) for n in names}
        else:
            files = {path.name: stack.enter_context(_open_file(path))}
        yield SavedNetwork(path=path, files=files)


def _open_file(path: Path) -> AbstractContextManager[OpenFile]:
    if path.suffix in TORCH_SUFFIXES:
        return open_torch_file(path)
    if path.suffix != ".safetensors":
        raise KnowError(
            f"{path}: wanted a name that ends in .safetensors, or in one of "
            f"{', '.join(TORCH_SUFFIXES)} for a file of torch.save; rename it if it is "
            "such a file"
        )
    return open_tensors(path)


def _writer_like(
    file: OpenFile, path: Path, facts: Mapping[str, Any]
) -> AbstractContextManager[Writer]:
    """Write another file of the same layout and metadata."""
    if isinstance(file, TorchFile):
        return file.writer(path)
    return tensor_writer(path, file.layout, facts, foreign=file.foreign)


def _weight_files(folder: Path) -> list[str]:
    """Names of the files that hold a folder's weights."""
    for name in _FOLDERS_WEIGHTS:
        if (folder / name).is_file():
            return [name]
        if (folder / (name + _INDEX)).is_file():
            return _shards(folder / (name + _INDEX))
    others = sorted(
        file.name
        for file in folder.iterdir()
        if file.suffix in {*TORCH_SUFFIXES, ".safetensors"}
    )
    advice = f"; name the files of its networks: {some_of(others)}" if others else ""
    raise KnowError(
        f"wanted weights in {folder}, found none of {', '.join(_FOLDERS_WEIGHTS)}"
        f"{advice}"
    )


def _shards(index: Path) -> list[str]:
    try:
        names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
        outside = [name for name in names if Path(name).name != name]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KnowError(
            f"{index} is no index of shards: {type(error).__name__}, {reason_of(error)}"
        ) from error
    if not names:
        raise KnowError(f"{index} names no shard")
    missing = [name for name in names if not (index.parent / name).is_file()]
    raise_all(
        [f"{name!r} lies in another folder" for name in outside]
        or [f"{name!r} is not there" for name in missing],
        f"{index} names shards that cannot be read",
    )
    return names


def _copy_others(source: Path, target: Path, *, but: Collection[str]) -> None:
    """Copy a folder's files that are not weights, and log which are left out."""
    left_out = []
    for file in sorted(source.rglob("*")):
        name = file.relative_to(source)
        if not file.is_file() or str(name) in but:
            continue
        if file.suffix in _NOT_CARRIED:
            left_out.append(str(name))
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target / name)
    if left_out:
        log.info("not copied, other weights or training state: %s", some_of(left_out))


@contextmanager
def open_networks(
    paths: Sequence[Path], strip_prefix: str = ""
) -> Iterator[list[SavedNetwork]]:
    """Open the stages of a network, `unwrapped`.

    Raises:
        KnowError: naming each path where there is nothing; or as `open_network`.
    """
    raise_all(
        [str(path) for path in paths if not path.exists()],
        "wanted the stages of a network, found no file or folder at",
    )
    with ExitStack() as stack:
        opened = [stack.enter_context(open_network(path)) for path in paths]
        yield unwrapped(opened, strip_prefix)


def unwrapped(
    networks: Sequence[SavedNetwork], strip_prefix: str = ""
) -> list[SavedNetwork]:
    """Leave out the wrappers before the names of a network's stages, and log them.

    Those of `WRAPPERS` go wherever all names of a stage have them. The prefix `model.`
    may be the network's own, and goes only where other stages do not have it.

    Args:
        networks: stages of one network.
        strip_prefix: a further prefix, left out of every name that has it.

    Raises:
        KnowError: if no name has that prefix, or two become the same without it.
    """
    if not any(n.startswith(strip_prefix) for each in networks for n in each.layout):
        raise KnowError(f"no tensor's name starts with {strip_prefix!r}")
    prefixes = [_wrapper([*network.layout]) for network in networks]
    shared = [_all_start(network, prefixes[i]) for i, network in enumerate(networks)]
    if not all(shared):
        prefixes = [
            prefix + _OF_SOME if has else prefix
            for prefix, has in zip(prefixes, shared, strict=True)
        ]
    _log_notes(networks, prefixes)
    return [
        replace(network, prefixes=[p for p in (prefix, strip_prefix) if p])
        for network, prefix in zip(networks, prefixes, strict=True)
    ]


def _log_notes(networks: Sequence[SavedNetwork], prefixes: Sequence[str]) -> None:
    """Log what is particular about networks, once where it is about all of them."""
    places: dict[str, list[str]] = {}
    for network, prefix in zip(networks, prefixes, strict=True):
        notes = network.notes
        if prefix:
            notes.append(f"{prefix!r} is left out before each name")
        for note in notes:
            places.setdefault(note, []).append(str(network.path))
    for note, paths in places.items():
        is_all = len(paths) == len(networks) > 1
        log.info("%s: %s", "in every stage" if is_all else some_of(paths), note)


def _wrapper(names: Sequence[str]) -> str:
    prefix = ""
    while more := [
        wrapper
        for wrapper in WRAPPERS
        if names and all(name.startswith(prefix + wrapper) for name in names)
    ]:
        prefix += more[0]
    return prefix


def _all_start(network: SavedNetwork, prefix: str) -> bool:
    return all(name.startswith(prefix + _OF_SOME) for name in network.layout)
