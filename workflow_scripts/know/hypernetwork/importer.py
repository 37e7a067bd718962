"""The hypernetworks that KNOWN's authors publish, from Keras' HDF5 files to ours."""

import re
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import torch

from know.errors import raise_all
from know.hypernetwork.files import save
from know.hypernetwork.models.known import Known
from know.hypernetwork.models.wnn import Wnn

_FILES = {"conv": "KNOWN_Conv.h5", "fc": "KNOWN_FC.h5", "bias": "KNOWN_Bias.h5"}
_LAYER_NAMES = ("dense", *(f"dense_{index}" for index in range(1, 13)))
"""The names that Keras gave the thirteen layers, in the order of `Known.layers`."""

_Arrays = dict[str, npt.NDArray[np.float32]]


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
    files = {kind: directory / name for kind, name in _FILES.items()}
    return _import(files, output, network=Known, repository="jjh6297/KNOW")


def import_wnn(
    directory: Path,
    output: Path,
    *,
    conv: str = "NWNN_Conv_13.h5",
    fc: str = "NWNN_FC_13.h5",
    bias: str = "NWNN_Bias_13.h5",
) -> list[Path]:
    """Turn the three files of the weight nowcaster network into hypernetworks of ours.

    Source: repository jjh6297/WNN; the layers are KNOWN's. It states no licence either.

    Args:
        directory: holds the three files.
        output: folder for wnn_conv, wnn_fc and wnn_bias, each .safetensors.
        conv: name of the file for convolutions.
        fc: name of the file for linear layers.
        bias: name of the file for biases.

    Returns:
        The three files written.

    Raises:
        KnowError: naming everything that is wrong with any of the files; then none
            is written.
    """
    names = {"conv": conv, "fc": fc, "bias": bias}
    files = {kind: directory / name for kind, name in names.items()}
    return _import(files, output, network=Wnn, repository="jjh6297/WNN")


def _import(
    files: Mapping[str, Path], output: Path, *, network: type[Known], repository: str
) -> list[Path]:
    problems: list[str] = []
    models: dict[str, Known] = {}
    for kind, path in files.items():
        arrays, unreadable = _read(path)
        wrong = unreadable or _wrong_arrays(arrays)
        problems += [f"{path}: {problem}" for problem in wrong]
        if not wrong:
            models[kind] = _model(arrays, network)
    raise_all(problems, "the authors' hypernetworks cannot be imported")
    written = []
    for kind, model in models.items():
        target = output / f"{model.architecture}_{kind}.safetensors"
        save(
            target, model, {"kind": kind, "source": f"{repository} {files[kind].name}"}
        )
        written.append(target)
    return written


def _read(path: Path) -> tuple[_Arrays, list[str]]:
    """Arrays by `layer/kernel` or `layer/bias`, or what kept them from being read."""
    if not path.is_file():
        return {}, ["there is no such file"]
    try:
        with h5py.File(path) as file:
            # A file of weights holds the layers at its top, one of a model below.
            root = file.get("model_weights", file)
            arrays = {
                f"{name}/{part}": np.asarray(dataset[()], dtype=np.float32)
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


def _wrong_arrays(arrays: _Arrays) -> list[str]:
    wanted = _wanted_shapes(_stages_of(arrays))
    problems = [f"{name} is missing" for name in wanted if name not in arrays]
    for name, found in arrays.items():
        if found.shape != wanted[name]:
            problems.append(f"{name} has shape {found.shape}, wanted {wanted[name]}")
        elif not np.isfinite(found).all():
            problems.append(f"{name} is not finite")
    return problems


def _wanted_shapes(stages: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, layer in zip(_LAYER_NAMES, Known(stages).layers(), strict=True):
        shapes[f"{name}/kernel"] = (layer.in_features, layer.out_features)
        shapes[f"{name}/bias"] = (layer.out_features,)
    return shapes


def _stages_of(arrays: _Arrays) -> int:
    """S, the inputs of the first layer; 5, the published S, where that has none."""
    first = arrays.get("dense/kernel")
    return first.shape[0] if first is not None and first.shape[:1] > (1,) else 5


def _model(arrays: _Arrays, network: type[Known]) -> Known:
    model = network(_stages_of(arrays))
    with torch.no_grad():
        for name, layer in zip(_LAYER_NAMES, model.layers(), strict=True):
            layer.weight.copy_(torch.from_numpy(arrays[f"{name}/kernel"].T))
            layer.bias.copy_(torch.from_numpy(arrays[f"{name}/bias"]))
    return model
