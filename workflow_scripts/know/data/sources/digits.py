"""Source `digits`: scikit-learn's 1,797 scanned digits of 8 x 8 pixels."""

from pathlib import Path

import numpy as np

from know.data.raw import RawDataset, RawSplit, Source, count_problems
from know.data.settings import DatasetSettings

# Known beforehand, so that a check need not import scikit-learn.
_IMAGES_PER_CLASS = np.array([178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
_BRIGHTEST = 16


def open_digits(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Load the test part of UCI's "Optical Recognition of Handwritten Digits"."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / _BRIGHTEST)).astype(np.uint8)
    names = tuple(str(digit) for digit in range(10))
    return RawDataset(RawSplit(bunch.target.astype(np.int64), images), None, names)


def digits_problems(settings: DatasetSettings, data_root: Path) -> list[str]:
    """List what these settings ask for and the digits do not have."""
    return count_problems(settings, _IMAGES_PER_CLASS, None)


SOURCE = Source(open_digits, problems=digits_problems)
