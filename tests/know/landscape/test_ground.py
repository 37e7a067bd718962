import numpy as np
import torch

from know.landscape.ground import prepare_ground


def test_accuracy_is_measured_on_the_first_test_images(ground, dataset):
    assert (ground.run, ground.seed, len(ground.images)) == ("tiny", 3, 30)
    expected = torch.from_numpy(dataset.test_labels[:30])
    assert torch.equal(ground.images.labels_N, expected)


def test_all_test_images_are_taken_where_no_number_is_given(
    dataset, dataset_file, settings
):
    device = torch.device("cpu")
    ground = prepare_ground(
        "tiny", dataset_file, device, settings=settings, images=None
    )
    assert len(ground.images) == len(dataset.test_labels)


def test_inputs_are_centred_by_the_mean_of_the_runs_own_images(
    dataset, dataset_file, settings
):
    device = torch.device("cpu")
    every = {**settings, "images": len(dataset.train_images)}
    ground = prepare_ground("tiny", dataset_file, device, settings=every, images=1)
    mean_HWC = dataset.train_images.mean(0, dtype=np.float64) / 255
    expected = torch.from_numpy(mean_HWC).permute(2, 0, 1).float()
    torch.testing.assert_close(ground.images.mean_CHW, expected)
