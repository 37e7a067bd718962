"""Source `torchvision`: CIFAR and MNIST, fetched if they are missing."""

from pathlib import Path
from typing import Any

import numpy as np

from know.data.raw import RawDataset, RawSplit, Source, count_problems
from know.data.settings import DatasetSettings
from know.errors import KnowError

FETCHES = True

_MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
_MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
# Class of torchvision, its files, and images of each class (train, test), known
# beforehand so that a check need not fetch anything or import torch.
_KNOWN = {
    "cifar10": ("CIFAR10", "cifar-10-batches-py/*", [5000] * 10, [1000] * 10),
    "cifar100": ("CIFAR100", "cifar-100-python/*", [500] * 100, [100] * 100),
    "mnist": ("MNIST", "MNIST/raw/*-ubyte", _MNIST_TRAIN, _MNIST_TEST),
    "fashion_mnist": (
        "FashionMNIST",
        "FashionMNIST/raw/*-ubyte",
        [6000] * 10,
        [1000] * 10,
    ),
}


def open_torchvision(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Load one of torchvision's data sets from below `data_root`.

    Raises:
        KnowError: if files are missing or damaged.
    """
    train, test = _opened(settings, data_root)
    names = tuple(str(name) for name in train.classes)
    return RawDataset(_split(train), _split(test), names)


def torchvision_problems(settings: DatasetSettings, data_root: Path) -> list[str]:
    """List what these settings ask for and the data set lacks, without a download."""
    if settings.name not in _KNOWN:
        return [f"name should be one of {sorted(_KNOWN)}, it is {settings.name!r}"]
    *_, train, test = _KNOWN[settings.name]
    return count_problems(settings, np.array(train), np.array(test))


def fetch_torchvision(settings: DatasetSettings, data_root: Path) -> list[str]:
    """Have torchvision download a data set, unless its files are below `data_root`.

    Raises:
        KnowError: if the files are missing and cannot be downloaded.
    """
    _opened(settings, data_root, download=True)
    files = data_root.glob(_KNOWN[str(settings.name)][1])
    return sorted(file.relative_to(data_root).as_posix() for file in files)


def _opened(
    settings: DatasetSettings, data_root: Path, *, download: bool = False
) -> list[Any]:
    """Return torchvision's training and test split."""
    from torchvision import datasets

    dataset_class = getattr(datasets, _KNOWN[str(settings.name)][0])
    try:
        return [
            dataset_class(data_root, train=is_train, download=download)
            for is_train in (True, False)
        ]
    except (OSError, RuntimeError, EOFError) as error:
        raise KnowError(
            f"{settings.name} is not whole below {data_root}"
            f"{' and cannot be downloaded' if download else ''}: {error}"
        ) from error


def _split(dataset: Any) -> RawSplit:
    labels_N = np.asarray(dataset.targets, dtype=np.int64)
    return RawSplit(labels_N, np.asarray(dataset.data))


SOURCE = Source(
    open_torchvision, problems=torchvision_problems, fetch=fetch_torchvision
)
