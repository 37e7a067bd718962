"""Megabytes that jobs ask for, worked out by hand from docs/paper_scale.md."""

import numpy as np
import pytest

from know.plan.memory import activation_bytes, job_memory, preparation_memory

MEGABYTE = 10**6


@pytest.fixture
def files(tmp_path):
    """A data set of 3 MB and weights of 2 MB; sparse, so they cost nothing."""
    sizes = {"data/shapes.safetensors": 3, "networks/base.safetensors": 2}
    for name, size in sizes.items():
        path = tmp_path / name
        path.parent.mkdir()
        with path.open("wb") as file:
            file.truncate(size * MEGABYTE)
    return [str(tmp_path / name) for name in sizes]


def test_data_count_twice_and_weights_four_times(files):
    assert job_memory(files) == 4000 + 2 * 3 + 4 * 2


@pytest.mark.parametrize(
    ("training", "size", "kept"),
    [
        ({"batch_size": 100, "accumulate": 4}, [100, 200], 25 * 20_000 * 4_000),
        ({"batch_size": 100}, [64, 64], 100 * 4096 * 12_500),
        # Of drawn trainings, the largest.
        ({"largest_batch": 4096}, 32, 4096 * 1024 * 12_500),
    ],
)
def test_a_training_on_the_cpu_keeps_its_activations(training, size, kept):
    assert activation_bytes(training, {"source": "npz", "size": size}) == kept
    assert job_memory([], activations=kept) == 4000 + -(-kept // MEGABYTE)


def test_a_file_that_does_not_exist_is_told_to_snakemake(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        job_memory([str(tmp_path / "later")])
    assert error.value.filename == str(tmp_path / "later")


class TestPreparation:
    def test_holds_pixels_and_masks_once(self, tmp_path):
        settings = {"source": "shapes", "train": 900, "test": 100, "size": 200}
        assert preparation_memory(settings, tmp_path) == 1000 + 3 * 40
        masks = settings | {"target": "masks"}
        assert preparation_memory(masks, tmp_path) == 1000 + 4 * 40

    def test_counts_the_pictures_of_folders(self, tmp_path):
        labels = np.arange(1000) % 2
        (tmp_path / "own").mkdir()
        for split in ("train", "test"):
            images = np.zeros((1000, 4, 4), np.uint8)
            np.savez(tmp_path / "own" / split, images=images, labels=labels)
        settings = {"source": "npz", "path": "own", "size": 100}
        assert preparation_memory(settings, tmp_path) == 1000 + 3 * 2000 * 10**4 / 1e6

    def test_lists_of_pictures_and_missing_ones_take_no_more(self, tmp_path):
        for source in ("image-stream", "image-folder"):
            settings = {"source": source, "path": "nowhere", "size": 224}
            assert preparation_memory(settings, tmp_path) == 1000
