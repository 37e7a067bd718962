"""Minutes that trainings ask for, worked out by hand from docs/paper_scale.md."""

import numpy as np
import pytest
import safetensors.numpy

from know.plan.runtime import images_seen, training_minutes

TWO_PHASES = {"phases": [{"epochs": 10}, {"epochs": 100}], "batch_size": 8}


@pytest.fixture
def dataset(tmp_path):
    path = tmp_path / "data.safetensors"
    labels = {"train_labels": np.zeros((40, 5)), "test_labels": np.zeros(7)}
    safetensors.numpy.save_file(labels, path, metadata={"know": "{}"})
    return str(path)


def test_half_an_hour_and_the_images_at_the_rate_that_the_config_states():
    assert training_minutes(6000, images_per_second=10) == 30 + 10
    assert training_minutes(6001, images_per_second=10) == 30 + 11


@pytest.mark.parametrize(("images", "seen"), [(20, 110 * 20), (None, 110 * 40)])
def test_every_epoch_sees_all_images_of_the_training_split(dataset, images, seen):
    assert images_seen({"images": images, "training": TWO_PHASES}, dataset) == seen


def test_data_that_are_not_prepared_are_told_to_snakemake(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        images_seen({"training": TWO_PHASES}, str(tmp_path / "later"))
    assert error.value.filename == str(tmp_path / "later")
