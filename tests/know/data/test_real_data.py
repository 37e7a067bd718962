import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from know.data.prepare import prepare
from know.data.settings import DatasetSettings

UNPACK = Path(__file__).parents[4] / "shared" / "data" / "unpack.py"


@pytest.mark.skipif(not UNPACK.is_file(), reason=f"no packed data sets at {UNPACK}")
def test_cifar10_is_prepared_from_its_archives(tmp_path):
    subprocess.run(
        [sys.executable, UNPACK, tmp_path, "cifar10"], check=True, capture_output=True
    )
    settings = DatasetSettings(
        source="npz", path="cifar10", size=16, classes=[0, 8], train=1000, test=200
    )
    dataset = prepare("cifar10", settings, tmp_path)
    assert dataset.class_names == ("airplane", "ship")
    assert dataset.train_images.shape == (1000, 16, 16, 3)
    assert np.bincount(dataset.train_labels).tolist() == [500, 500]
    assert np.bincount(dataset.test_labels).tolist() == [100, 100]
