"""Losses and scores of captions, with a captioner that says what it is told to."""

import pytest
import torch
from torch import nn

from know.data.arrays import END, PAD, START
from know.data.augmentations import AUGMENTATIONS
from know.tasks.captioning import (
    CaptionedImages,
    generated_captions,
    masked_accuracy,
)

RED, STAR, BIG = 4, 5, 6
CAPTIONS = torch.tensor(
    [
        [[START, RED, STAR, END, PAD], [START, STAR, END, PAD, PAD]],
        [[START, BIG, RED, STAR, END], [START, BIG, STAR, END, PAD]],
    ]
)
NONE = AUGMENTATIONS["none"]


class Parrot(nn.Module):
    """Says `red`, `star` and the end after it: that word has logit 3, others 0."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def features(self, images_BCHW):
        return images_BCHW.flatten(2).transpose(1, 2)

    def head(self, features_BPF, tokens_BL):
        assert len(features_BPF) == len(tokens_BL)
        self.seen.append(tokens_BL)
        said_BL = torch.where(tokens_BL == STAR, END, STAR)
        said_BL[tokens_BL == START] = RED
        return 3 * nn.functional.one_hot(said_BL, 7).float()

    def forward(self, images_BCHW, tokens_BL):
        return self.head(self.features(images_BCHW), tokens_BL)

    def generate(self, images_BCHW, *, length, start, end, pad):
        assert (start, end, pad) == (START, END, PAD)
        said = [START, RED, STAR, END, PAD]
        return torch.tensor([said] * len(images_BCHW))[:, :length]


@pytest.fixture
def images():
    pixels = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    return CaptionedImages(pixels, CAPTIONS, torch.zeros(3, 4, 4))


@pytest.fixture
def parrot():
    return Parrot()


class TestLoss:
    def test_reads_the_caption_that_the_last_draw_chooses(self, images, parrot):
        draws = torch.tensor([[0.49], [0.5]])
        images.loss(parrot, images.batch(torch.tensor([0, 1])), draws, NONE)
        (read,) = parrot.seen
        wanted = torch.stack([CAPTIONS[0, 0, :-1], CAPTIONS[1, 1, :-1]])
        assert torch.equal(read, wanted)

    def test_every_draw_chooses_a_caption(self, images, parrot):
        almost_one = torch.tensor([[1 - 2**-24], [0.0]])
        images.loss(parrot, images.batch(torch.tensor([0, 0])), almost_one, NONE)
        assert torch.equal(parrot.seen[0], CAPTIONS[0, [1, 0], :-1])

    def test_is_the_mean_over_words_that_are_not_padding(self, images, parrot):
        # Of 3 + 3 words five are correct: the second caption begins with BIG.
        draws = torch.tensor([[0.0], [0.9]])
        found = images.loss(parrot, images.batch(torch.tensor([0, 1])), draws, NONE)
        wrong = (6 + torch.tensor(3.0).exp()).log()
        torch.testing.assert_close(found, (5 * (wrong - 3) + wrong) / 6)

    def test_the_augmentation_has_the_other_draws(self, images, parrot):
        flip = AUGMENTATIONS["crop-flip"]
        assert images.num_draws(flip) == 4
        images.loss(parrot, images.batch(torch.tensor([0, 1])), torch.rand(2, 4), flip)


def test_accuracy_counts_the_words_of_all_captions(images, parrot):
    # Right: 3 of 3, 1 of 2, 2 of 4, 2 of 3.
    found = masked_accuracy(parrot, images, precision="float32")
    assert found == pytest.approx(100 * 8 / 12)
    assert not parrot.training


def test_every_image_has_a_generated_caption(images, parrot, monkeypatch):
    monkeypatch.setattr("know.tasks.captioning._BATCH", 1)
    tokens_NL = generated_captions(parrot, images, precision="float32")
    assert tokens_NL.tolist() == [[START, RED, STAR, END, PAD]] * 2


def test_a_part_keeps_images_beside_their_captions(images):
    part = images.part(torch.tensor([1]))
    assert isinstance(part, CaptionedImages)
    assert torch.equal(part.labels_N, CAPTIONS[1:])
