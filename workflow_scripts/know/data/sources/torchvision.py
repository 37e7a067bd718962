"""Source `torchvision`: CIFAR and MNIST, downloaded if they are missing."""

from pathlib import Path
from typing import Any

import numpy as np

from know.data.arrays import ByteArray, IntArray
from know.data.pictures import resized
from know.data.raw import RawDataset, RawSplit, Size, Source, count_problems
from know.data.settings import DatasetSettings
from know.errors import KnowError

_CLASS_OF_NAME = {
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
}

# Images of each class (train, test), known beforehand so that a check need not
# download anything or import torch.
_MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
_MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
_COUNTS = {
    "cifar10": ([5000] * 10, [1000] * 10),
    "cifar100": ([500] * 100, [100] * 100),
    "mnist": (_MNIST_TRAIN, _MNIST_TEST),
    "fashion_mnist": ([6000] * 10, [1000] * 10),
}


def open_torchvision(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Load one of torchvision's data sets from below `data_root`.

    Raises:
        KnowError: if the name is unknown, or the files are missing and cannot be
            downloaded.
    """
    _refuse_unknown(settings.name)
    name = str(settings.name)
    train = _opened(name, data_root, is_train=True)
    test = _opened(name, data_root, is_train=False)
    names = tuple(str(name) for name in train.classes)
    return RawDataset(_split(train), _split(test), names)


def torchvision_problems(settings: DatasetSettings, data_root: Path) -> list[str]:
    """List what these settings ask for and the data set lacks, without a download."""
    try:
        _refuse_unknown(settings.name)
    except KnowError as error:
        return [str(error)]
    train, test = _COUNTS[str(settings.name)]
    return count_problems(settings, np.array(train), np.array(test))


def _refuse_unknown(name: str | None) -> None:
    if name not in _CLASS_OF_NAME:
        raise KnowError(
            f"name should be one of {sorted(_CLASS_OF_NAME)}, it is {name!r}"
        )


def _opened(name: str, data_root: Path, *, is_train: bool) -> Any:
    from torchvision import datasets

    dataset_class = getattr(datasets, _CLASS_OF_NAME[name])
    try:
        return dataset_class(data_root, train=is_train, download=True)
    except (OSError, RuntimeError, EOFError) as error:
        raise KnowError(
            f"{name} is not below {data_root} and cannot be downloaded: {error}"
        ) from error


def _split(dataset: Any) -> RawSplit:
    images = np.asarray(dataset.data)

    def read(indices: IntArray, size: Size) -> ByteArray:
        return resized(images[indices], size)

    return RawSplit(np.asarray(dataset.targets, dtype=np.int64), read)


SOURCE = Source(open_torchvision, problems=torchvision_problems)
