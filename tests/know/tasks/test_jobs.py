from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from know.data.arrays import write_dataset
from know.tasks.finetuning import Finetuning
from know.tasks.trials import trial_setting


@pytest.fixture
def files(dataset, base, tmp_path):
    path = tmp_path / "downstream.safetensors"
    write_dataset(path, dataset)
    return SimpleNamespace(dataset=str(path), base=str(base), pretraining=[])


@pytest.fixture
def params(config, pretraining):
    return SimpleNamespace(
        type="classification", settings=config, pretraining=pretraining, code="0123"
    )


@pytest.fixture
def make_setting(files, params):
    return lambda: trial_setting(files, params, device=torch.device("cpu"))


def test_a_setting_holds_what_files_and_params_say(make_setting, dataset, config, base):
    found = make_setting()
    assert found.task.name == "downstream"
    assert found.settings == Finetuning.from_config(config)
    assert found.base == base
    assert found.calibration is None
    assert found.digests == dataset.digests


def test_norms_are_measured_on_d_0_where_the_settings_ask_for_it(
    make_setting, files, params
):
    files.pretraining = files.dataset
    assert make_setting().calibration is None
    params.settings = {**params.settings, "norm_layers": "recalibrate"}
    found = make_setting().calibration
    assert len(found) == 30
    mean = found.pixels_NCHW.double().mean(0) / 255
    torch.testing.assert_close(found.mean_CHW, mean.float())


def test_the_purpose_changes_with_the_bytes_of_the_data(make_setting, files, dataset):
    before = make_setting().purpose
    dataset.digests["train"] = "another"
    write_dataset(Path(files.dataset), dataset)
    assert make_setting().purpose != before
    files.pretraining = files.dataset
    assert len(make_setting().purpose[-1]) == 2
