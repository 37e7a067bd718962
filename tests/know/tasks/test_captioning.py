"""Captioning as a downstream task, on colours that a small network can name."""

import numpy as np
import pytest
import torch

from know.data.arrays import END, PAD, SPECIAL_WORDS, START, image_dataset
from know.tasks.captioning import METRICS, agreement, load_task

CPU = torch.device("cpu")
COLOURS = np.array([[220, 30, 30], [30, 220, 30], [30, 30, 220]], dtype=np.uint8)
WORDS = (*SPECIAL_WORDS, "red", "green", "blue", "all", "is")
DECODER = {"width": 16, "depth": 1, "heads": 2, "dropout": 0.1}


def coloured(count):
    """Images of one colour, and two sentences for each: `all is red`, `red is all`."""
    colour = np.arange(count) % 3
    images = np.broadcast_to(COLOURS[colour][:, None, None], (count, 16, 16, 3)).copy()
    captions = np.full((count, 2, 6), PAD)
    for row, word in enumerate(colour + 4):
        captions[row, 0, :5] = [START, 7, 8, word, END]
        captions[row, 1, :5] = [START, word, 8, 7, END]
    return images, captions


@pytest.fixture
def dataset():
    return image_dataset(
        "colours",
        train=coloured(30),
        test=coloured(9),
        class_names=WORDS,
        settings={},
        target="captions",
    )


@pytest.fixture
def task(dataset):
    return load_task(dataset, device=CPU)


@pytest.fixture
def settings(make_settings, config):
    phases = [{"epochs": 25, "learning_rate": 0.01, "schedule": "cosine"}]
    training = {**config["training"], "phases": phases, "augmentation": "affine"}
    return make_settings(
        training=training,
        evaluate_every=5,
        task_options={"samples": 2, "decoder": DECODER},
    )


def test_learns_to_say_what_it_sees(task, settings, state):
    outcome = task.finetune(state, settings, seed=0)
    assert tuple(outcome.curves) == METRICS
    assert [len(curve) for curve in outcome.curves.values()] == [5, 1, 1]
    # Which of its two captions is read cannot be seen, so the first word is a guess.
    assert outcome.curves["masked_accuracy"][0] < outcome.value
    assert outcome.value > 80
    assert outcome.samples["tokens"].dtype == torch.int32
    said = {tuple(tokens) for tokens in task.test.labels_N[:2].flatten(0, 1).tolist()}
    assert all(tuple(tokens) in said for tokens in outcome.samples["tokens"].tolist())


def test_true_captions_agree_with_themselves(task):
    captions_NKL = task.test.labels_N
    scores = agreement(captions_NKL[:, 0], captions_NKL[:, :1])
    assert scores["bleu4"] == pytest.approx([0])  # of three words, no four agree
    assert scores["cider"][0] > 0
