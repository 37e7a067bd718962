"""The hypernetworks that KNOWN's authors publish, from Keras' HDF5 files to ours."""

import re
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor

from know.errors import raise_all
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.files import save
from know.hypernetwork.models.known import Known
from know.hypernetwork.models.wnn import Wnn

_LAYER_NAMES = ("dense", *(f"dense_{index}" for index in range(1, 13)))
"""The names that Keras gave the thirteen layers, in the order of `Known.layers`."""


def import_known(directory: Path, output: Path) -> list[Path]:
    """Turn the authors' three files into hypernetworks of ours.

    Source: repository jjh6297/KNOW, which states no licence: the results are for
    whoever obtained the files, not for passing on.

    Args:
        directory: holds KNOWN_Conv.h5, KNOWN_FC.h5 and KNOWN_Bias.h5.
        output: folder for known_conv, known_fc and known_bias, each .safetensors.

    Returns:
        The three files written.

    Raises:
        KnowError: naming everything that is wrong with any of the files; then none
            is written.
    """
    names = {"conv": "KNOWN_Conv.h5", "fc": "KNOWN_FC.h5", "bias": "KNOWN_Bias.h5"}
    files = {kind: directory / name for kind, name in names.items()}
    return _import(files, output, network=Known, repository="jjh6297/KNOW")


def import_wnn(files: Mapping[str, Path], output: Path) -> list[Path]:
    """Turn the three files of the weight nowcaster network into hypernetworks of ours.

    Source: repository jjh6297/WNN; the layers are KNOWN's. It states no licence either.
    Otherwise as `import_known`.

    Args:
        files: the authors' file for each kind: conv, fc and bias.
        output: folder for wnn_conv, wnn_fc and wnn_bias, each .safetensors.
    """
    return _import(files, output, network=Wnn, repository="jjh6297/WNN")


def _import(
    files: Mapping[str, Path], output: Path, *, network: type[Known], repository: str
) -> list[Path]:
    problems: list[str] = []
    models: dict[str, Hypernetwork] = {}
    for kind, path in files.items():
        arrays, wrong = _read(path)
        wrong = wrong or tensor_problems(arrays, _wanted_shapes(_stages_of(arrays)))
        problems += [f"{path}: {problem}" for problem in wrong]
        if not wrong:
            models[kind] = _model(arrays, network)
    raise_all(problems, "the authors' hypernetworks cannot be imported")
    sources = {kind: f"{repository} {path.name}" for kind, path in files.items()}
    return save_kinds(models, sources, output)


def tensor_problems(
    found: Mapping[str, Tensor], wanted: Mapping[str, tuple[int, ...]]
) -> list[str]:
    """List tensors that are missing, not wanted, misshapen or not finite."""
    problems = [f"{name} is missing" for name in wanted if name not in found]
    for name, value in found.items():
        shape = tuple(value.shape)
        if name not in wanted:
            problems.append(f"{name} is not part of the network")
        elif shape != wanted[name]:
            problems.append(f"{name} has shape {shape}, wanted {wanted[name]}")
        elif not value.isfinite().all():
            problems.append(f"{name} is not finite")
    return problems


def save_kinds(
    models: Mapping[str, Hypernetwork], sources: Mapping[str, str], output: Path
) -> list[Path]:
    """Write the hypernetwork of each kind, its source in its card; return the files."""
    written = []
    for kind, model in models.items():
        written.append(output / f"{model.architecture}_{kind}.safetensors")
        save(written[-1], model, {"kind": kind, "source": sources[kind]})
    return written


def _read(path: Path) -> tuple[dict[str, Tensor], list[str]]:
    """Arrays by `layer/kernel` or `layer/bias`, or what kept them from being read."""
    if not path.is_file():
        return {}, ["there is no such file"]
    try:
        with h5py.File(path) as file:
            # A file of weights holds the layers at its top, one of a model below.
            root = file.get("model_weights", file)
            arrays = {
                f"{name}/{part}": torch.from_numpy(np.asarray(dataset[()], np.float32))
                for name, layer in zip(_LAYER_NAMES, _layers_in(root), strict=True)
                for part in ("kernel", "bias")
                if isinstance(
                    dataset := root.get(f"{layer}/{layer}/{part}:0"), h5py.Dataset
                )
            }
    except (OSError, ValueError, TypeError) as error:
        return {}, [f"not a readable HDF5 file ({error})"]
    return arrays, []


def _layers_in(root: h5py.Group) -> list[str]:
    """The file's own names of the thirteen layers, in the order they were made.

    Keras counts on from network to network: a later one's start at dense_13, say.
    """
    found = [name for name in root if re.fullmatch(r"dense(_\d+)?", name)]
    if len(found) != len(_LAYER_NAMES):
        return list(_LAYER_NAMES)
    return sorted(found, key=lambda name: int(name.partition("_")[2] or 0))


def _wanted_shapes(stages: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, layer in zip(_LAYER_NAMES, Known(stages).layers(), strict=True):
        shapes[f"{name}/kernel"] = (layer.in_features, layer.out_features)
        shapes[f"{name}/bias"] = (layer.out_features,)
    return shapes


def _stages_of(arrays: Mapping[str, Tensor]) -> int:
    """S, the inputs of the first layer; 5, the published S, where that has none."""
    first = arrays.get("dense/kernel")
    return first.shape[0] if first is not None and first.shape[:1] > (1,) else 5


def _model(arrays: Mapping[str, Tensor], network: type[Known]) -> Known:
    model = network(_stages_of(arrays))
    with torch.no_grad():
        for name, layer in zip(_LAYER_NAMES, model.layers(), strict=True):
            layer.weight.copy_(arrays[f"{name}/kernel"].T)
            layer.bias.copy_(arrays[f"{name}/bias"])
    return model
