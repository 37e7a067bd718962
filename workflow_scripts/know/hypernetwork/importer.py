"""The hyper-models that the authors publish, from Keras' HDF5 files to ours."""

from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import torch

from know.errors import raise_all
from know.hypernetwork.files import save
from know.hypernetwork.network import Known

_FILES = {"conv": "KNOWN_Conv.h5", "fc": "KNOWN_FC.h5", "bias": "KNOWN_Bias.h5"}
_LAYER_NAMES = ("dense", *(f"dense_{index}" for index in range(1, 13)))
"""The names that Keras gave the thirteen layers, in the order of `Known.layers`."""

_Arrays = dict[str, npt.NDArray[np.float32]]


def import_known(directory: Path, output: Path) -> list[Path]:
    """Turn the authors' three files into hyper-models of ours.

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
    problems: list[str] = []
    models: dict[str, Known] = {}
    for kind, name in _FILES.items():
        path = directory / name
        arrays, unreadable = _read(path)
        wrong = unreadable or _wrong_arrays(arrays)
        problems += [f"{path}: {problem}" for problem in wrong]
        if not wrong:
            models[kind] = _model(arrays)
    raise_all(problems, "the authors' hyper-models cannot be imported")
    written = []
    for kind, model in models.items():
        target = output / f"known_{kind}.safetensors"
        save(target, model, {"kind": kind, "source": f"jjh6297/KNOW {_FILES[kind]}"})
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
                f"{layer}/{part}": np.asarray(dataset[()], dtype=np.float32)
                for layer in _LAYER_NAMES
                for part in ("kernel", "bias")
                if isinstance(
                    dataset := root.get(f"{layer}/{layer}/{part}:0"), h5py.Dataset
                )
            }
    except (OSError, ValueError, TypeError) as error:
        return {}, [f"not a readable HDF5 file ({error})"]
    return arrays, []


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


def _model(arrays: _Arrays) -> Known:
    model = Known(_stages_of(arrays))
    with torch.no_grad():
        for name, layer in zip(_LAYER_NAMES, model.layers(), strict=True):
            layer.weight.copy_(torch.from_numpy(arrays[f"{name}/kernel"].T))
            layer.bias.copy_(torch.from_numpy(arrays[f"{name}/bias"]))
    return model
