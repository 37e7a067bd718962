"""Segmentation as a downstream task, on masks that a network of one layer can learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from know.architectures import build_network
from know.architectures.network import Network
from know.data.arrays import IGNORE, image_dataset
from know.errors import KnowError
from know.tasks.segmentation import METRICS, load_task

CPU = torch.device("cpu")
COLOURS = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200]], dtype=np.uint8)


class PixelNetwork(Network):
    """Features of each pixel by one convolution, classes by another."""

    def __init__(self, num_classes):
        super().__init__(nn.Conv2d(3, 4, 1), num_features=4, num_classes=1)
        self.head = nn.Conv2d(4, num_classes, 1)

    def replace_head(self, num_classes, *, seed):
        torch.manual_seed(seed)
        self.head = nn.Conv2d(4, num_classes, 1)


def blocks(count, seed):
    """Images of 4 x 4 blocks of three colours, a mask of the colours, a border."""
    rng = np.random.default_rng(seed)
    masks = rng.integers(0, 3, (count, 4, 4), dtype=np.uint8)
    masks = masks.repeat(4, axis=1).repeat(4, axis=2)
    images = COLOURS[masks]
    masks[:, 0] = IGNORE
    return images, masks


def dataset_of(height):
    """Twenty training images and six test images of 16 columns and some rows."""
    splits = {
        name: [array[:, :height] for array in blocks(count, seed)]
        for name, count, seed in (("train", 20, 0), ("test", 6, 1))
    }
    return image_dataset(
        "blocks",
        **splits,
        class_names=("red", "green", "blue"),
        settings={},
        target="masks",
    )


@pytest.fixture
def dataset():
    return dataset_of(16)


@pytest.fixture
def task(dataset):
    return load_task(dataset, device=CPU)


@pytest.fixture
def settings(make_settings, config, monkeypatch):
    """Settings of a fine-tuning of `PixelNetwork`."""
    monkeypatch.setattr(
        "know.tasks.finetuning.build_network",
        lambda _, *, num_classes, **__: PixelNetwork(num_classes),
    )
    phases = [{"epochs": 4, "learning_rate": 0.3, "schedule": "cosine"}]
    training = {**config["training"], "phases": phases, "augmentation": "crop-flip"}
    return make_settings(training=training, task_options={"samples": 2})


@pytest.fixture
def state():
    """Weights of a network that was pre-trained on two classes of pixels."""
    torch.manual_seed(0)
    return dict(PixelNetwork(2).state_dict())


def test_learns_to_tell_pixels_apart(task, settings, state):
    outcome = task.finetune(state, settings, seed=0)
    assert tuple(outcome.curves) == METRICS
    assert len(outcome.curves["miou"]) == 4
    assert outcome.curves["miou"][0] < outcome.value
    assert outcome.value == outcome.curves["miou"][-1] > 95


def test_samples_are_the_masks_of_the_first_test_images(task, settings, state):
    masks = task.finetune(state, settings, seed=0).samples["masks"]
    assert masks.dtype == torch.uint8
    assert masks.shape == (2, 16, 16)
    truth = task.test.labels_N[:2]
    is_right = (masks == truth)[truth != IGNORE]
    assert is_right.double().mean() > 0.95


@pytest.mark.parametrize("height", [16, 12])
def test_fine_tunes_deeplabv3plus_on_images_of_any_shape(height, make_settings):
    task = load_task(dataset_of(height), device=CPU)
    options = {"encoder": "small", "encoder_width": 4, "decoder_channels": 8}
    network = build_network(
        "deeplabv3plus", num_classes=2, image_size=16, seed=0, options=options
    )
    settings = make_settings(
        architecture="deeplabv3plus", options=options, task_options={"samples": 2}
    )
    outcome = task.finetune(network.state_dict(), settings, seed=0)
    assert len(outcome.curves["class_accuracy"]) == 3
    assert outcome.samples["masks"].shape == (2, height, 16)


def test_counts_every_pixel_of_the_test_split_once(task):
    first = nn.Conv2d(3, 3, 1)
    counts_KK = task.confusion(first, precision="float32")
    kept = task.test.labels_N[task.test.labels_N != IGNORE]
    assert counts_KK.sum(1).tolist() == torch.bincount(kept.long()).tolist()


def test_validation_holds_training_images_out_with_their_masks(task):
    split = replace(task, test=None).with_validation(0.25, seed=0)
    assert (len(split.train), len(split.test)) == (15, 5)
    for part in (split.train, split.test):
        masks = part.labels_N[:, 1:].long()
        wanted = torch.from_numpy(COLOURS)[masks].permute(0, 3, 1, 2)
        assert torch.equal(part.pixels_NCHW[:, :, 1:], wanted)


def test_refuses_a_data_set_of_classes(dataset):
    with pytest.raises(
        KnowError, match="wants masks, the labels of data set 'blocks' are"
    ):
        load_task(replace(dataset, target="classes"), device=CPU)


def test_refuses_a_test_split_in_which_nothing_counts(dataset):
    ignored = np.full_like(dataset.test_labels, IGNORE)
    with pytest.raises(KnowError, match="all pixels of data set 'blocks'"):
        load_task(replace(dataset, test_labels=ignored), device=CPU)
