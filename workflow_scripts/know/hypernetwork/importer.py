"""The hypernetworks that KNOWN's authors publish, from Keras' HDF5 files to ours."""

import logging
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor

from know.errors import raise_all, reason_of
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.files import save
from know.hypernetwork.models import MODELS

_LAYER_NAMES = ("dense", *(f"dense_{index}" for index in range(1, 13)))
"""The names that Keras gave the thirteen layers, in the order of KNOWN's own."""
_NAMES = [f"{layer}/{part}" for layer in _LAYER_NAMES for part in ("kernel", "bias")]
_REPOSITORIES = {"known": "jjh6297/KNOW", "wnn": "jjh6297/WNN"}
"""Where each architecture's files are published; neither states a licence."""
_PUBLISHED = {
    "known": {
        "conv": "b66f1cadf41cba243d70ce38ef01a9da3466ca7a3723c9bafa2d3ca359bfada6",
        "fc": "e34bcc8f1cf7988856b19b1e15d29764fa6ccd8431c20858e8bc3812ed5bd26a",
        "bias": "1fcdc8b3167e724dc7fc4f6d439ffa9d626cbd73c6d46711cb7fc721514f1cb5",
    }
}
"""SHA-256 of published files, where it is known: HDF5 has no checksum of its own."""
MOST_VALUES = 10**6
"""Values of one array; the networks' have a few thousand."""
_DAMAGE = (OSError, ValueError, TypeError, LookupError, RuntimeError, ArithmeticError)
"""Exceptions of h5py on damaged bytes."""

_log = logging.getLogger("know")


def import_keras(
    architecture: str, files: Mapping[str, Path], output: Path
) -> list[Path]:
    """Turn the authors' three files of KNOWN or WNN into hypernetworks of ours.

    KNOWN's have to be the published ones, bit by bit. No hash of WNN's is known: the
    log says so, and the results' cards have that of what was read.

    Source: `_REPOSITORIES`. Without a licence, the results are for whoever obtained the
    files, not for passing on.

    Args:
        architecture: known or wnn.
        files: the authors' file for each kind: conv, fc and bias.
        output: folder for {architecture}_conv, _fc and _bias, each .safetensors.

    Returns:
        The three files written.

    Raises:
        KnowError: naming everything that is wrong with any of the files; then none
            is written.
    """
    problems: list[str] = []
    models: dict[str, Hypernetwork] = {}
    cards: dict[str, dict[str, str]] = {}
    repository = _REPOSITORIES[architecture]
    for kind, path in files.items():
        published = _PUBLISHED.get(architecture, {}).get(kind)
        cards[kind], wrong = origin(path, repository, published)
        if wrong:
            problems += [f"{path}: {problem}" for problem in wrong]
            continue
        arrays, wrong = _read(path)
        models[kind] = MODELS[architecture](stages=_stages_of(arrays))
        wrong = wrong or fill(models[kind], arrays, _NAMES)
        problems += [f"{path}: {problem}" for problem in wrong]
    raise_all(problems, "the authors' hypernetworks cannot be imported")
    return save_kinds(models, cards, output)


def origin(
    path: Path, repository: str, published: str | None
) -> tuple[dict[str, str], list[str]]:
    """Describe where a file comes from, for a card, or say why it is not that file.

    Args:
        path: the file that a user has.
        repository: where the authors publish it.
        published: SHA-256 of the published file, if it is known.
    """
    if not path.is_file():
        return {}, ["there is no such file"]
    found = sha256(path.read_bytes()).hexdigest()
    if published is None:
        _log.warning(
            "%s: no SHA-256 of the published file is known to compare with, so it is "
            "taken as it is; its own is %s",
            path,
            found,
        )
        source = f"{path.name}, said to be of {repository}"
        return {"source": source, "source_sha256": found}, []
    if found != published:
        return {}, [
            f"its SHA-256 is {found[:12]}..., that of the published file "
            f"{published[:12]}...: download it again from {repository}"
        ]
    return {"source": f"{repository} {path.name}", "source_sha256": found}, []


def fill(
    model: Hypernetwork, found: Mapping[str, Tensor], names: Sequence[str]
) -> list[str]:
    """Give a model its values, or list what is missing, not wanted or misshapen.

    Args:
        model: the network to fill.
        found: tensors under the authors' names.
        names: those of the model's state dict's entries, in its order.
    """
    state = model.state_dict()
    wanted = dict(zip(names, [value.shape for value in state.values()], strict=True))
    problems = [f"{name} is missing" for name in wanted if name not in found]
    for name, value in found.items():
        shape = tuple(value.shape)
        if name not in wanted:
            problems.append(f"{name} is not part of the network")
        elif shape != wanted[name]:
            problems.append(f"{name} has shape {shape}, wanted {tuple(wanted[name])}")
        elif not value.isfinite().all():
            problems.append(f"{name} is not finite")
    if not problems:
        model.load_state_dict(dict(zip(state, map(found.get, names), strict=True)))
    return problems


def save_kinds(
    models: Mapping[str, Hypernetwork],
    cards: Mapping[str, Mapping[str, str]],
    output: Path,
) -> list[Path]:
    """Write the hypernetwork of each kind, its origin in its card; return the files."""
    written = []
    for kind, model in models.items():
        written.append(output / f"{model.architecture}_{kind}.safetensors")
        save(written[-1], model, {"kind": kind, **cards[kind]})
    return written


def _read(path: Path) -> tuple[dict[str, Tensor], list[str]]:
    """Arrays by name, turned as PyTorch has them, or what kept them from being read."""
    try:
        with h5py.File(path) as file:
            # A file of weights holds the layers at its top, one of a model below.
            root = file.get("model_weights", file)
            arrays = {
                f"{name}/{part}": torch.from_numpy(
                    np.asarray(dataset[()], np.float32).T
                )
                for name, layer in zip(_LAYER_NAMES, _layers_in(root), strict=True)
                for part in ("kernel", "bias")
                if isinstance(
                    dataset := root.get(f"{layer}/{layer}/{part}:0"), h5py.Dataset
                )
                and dataset.size <= MOST_VALUES
            }
    except _DAMAGE as error:
        return {}, [f"not a readable HDF5 file ({reason_of(error)})"]
    return arrays, []


def _layers_in(root: h5py.Group) -> list[str]:
    """The file's own names of the thirteen layers, in the order they were made.

    Keras counts on from network to network: a later one's start at dense_13, say.
    """
    found = [name for name in root if re.fullmatch(r"dense(_\d+)?", name)]
    if len(found) != len(_LAYER_NAMES):
        return list(_LAYER_NAMES)
    return sorted(found, key=lambda name: int(name.partition("_")[2] or 0))


def _stages_of(arrays: Mapping[str, Tensor]) -> int:
    """S, the inputs of the first layer; 5, the published S, where that has none."""
    first = arrays.get("dense/kernel")
    return first.shape[-1] if first is not None and first.shape[-1:] > (1,) else 5
