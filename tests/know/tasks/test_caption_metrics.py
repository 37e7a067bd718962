"""Caption metrics: by hand, and against the COCO captions' evaluation."""

import math

import numpy as np
import pytest
import torch
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider

from know.data.arrays import END, PAD, START, UNKNOWN
from know.tasks.caption_metrics import (
    bleu4,
    cider,
    true_captions,
    words,
)

DOG, RED, BALL, RUNS = 4, 5, 6, 7


def random_captions(seed, *, images=7, references=3, vocabulary=6):
    """A caption of 0 to 9 words and true ones of 1 to 9 for each image."""
    rng = np.random.default_rng(seed)

    def draw(least):
        return rng.integers(4, 4 + vocabulary, rng.integers(least, 10)).tolist()

    captions = [draw(0) for _ in range(images)]
    return captions, [[draw(1) for _ in range(references)] for _ in range(images)]


def as_lines(captions):
    """The form that pycocoevalcap takes: image -> lines of words."""
    return {
        image: [" ".join(map(str, caption)) for caption in group]
        for image, group in enumerate(captions)
    }


class TestWords:
    @pytest.mark.parametrize(
        ("tokens", "wanted"),
        [
            ([START, DOG, RUNS, END, PAD], [DOG, RUNS]),
            ([START, DOG, RUNS], [DOG, RUNS]),
            ([START, DOG, END, RED, END], [DOG]),
            ([START, END, PAD], []),
            ([START, UNKNOWN, DOG, END], [UNKNOWN, DOG]),
        ],
    )
    def test_lie_between_start_and_end(self, tokens, wanted):
        assert words(torch.tensor(tokens)) == wanted

    def test_unknown_ones_of_a_true_caption_match_nothing(self):
        tokens = torch.tensor([[START, UNKNOWN, DOG, RED, BALL, END]])
        captions, references = [words(tokens[0])], [true_captions(tokens)]
        assert bleu4(captions, [captions]) == pytest.approx(100)
        assert bleu4(captions, references) == 0


class TestBleu:
    def test_one_image_worked_by_hand(self):
        # Of 6, 5, 4, 3 runs of 1 to 4 words, 5, 3, 2, 1 are in the true caption.
        caption, true = [4, 5, 6, 7, 8, 9], [4, 5, 6, 7, 9, 10]
        wanted = 100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25
        assert bleu4([caption], [[true]]) == pytest.approx(wanted)

    @pytest.mark.parametrize("captions", [[[]], [[DOG]], [[DOG, RED, BALL]]])
    def test_without_four_words_nothing_matches(self, captions):
        assert bleu4(captions, [captions]) == 0

    @pytest.mark.parametrize("seed", range(5))
    def test_agrees_with_the_coco_evaluation(self, seed):
        captions, references = random_captions(seed, images=20, vocabulary=2)
        scores, _ = Bleu(4).compute_score(
            as_lines(references), as_lines([[c] for c in captions]), verbose=0
        )
        assert bleu4(captions, references) == pytest.approx(100 * scores[3])


class TestCider:
    def test_captions_that_are_true_and_unlike_have_1000(self):
        captions = [[4, 5, 6, 7], [8, 9, 10, 11, 12]]
        assert cider(captions, [[each] for each in captions]) == pytest.approx(1000)

    def test_two_images_worked_by_hand(self):
        # Word 4 is on both images and weighs nothing; every other n-gram weighs log 2.
        # One word of two and none of three pairs agree, and one of them is longer.
        captions, references = [[4, 5], [4, 7]], [[[4, 5]], [[4, 8, 7]]]
        first = (1 + 1) / 4
        second = (1 / math.sqrt(2)) / 4 * math.exp(-1 / 72)
        wanted = 1000 * (first + second) / 2
        assert cider(captions, references) == pytest.approx(wanted)

    def test_a_word_said_twice_counts_as_often_as_the_true_caption_has_it(self):
        once = cider([[5], [9]], [[[5]], [[8]]])
        twice = cider([[5, 5], [9]], [[[5]], [[8]]])
        assert once == pytest.approx(1000 / 4 / 2)
        assert twice == pytest.approx(once / 2 * math.exp(-1 / 72))

    def test_one_image_leaves_nothing_to_weigh_words_by(self):
        assert cider([[4, 5, 6]], [[[4, 5, 6]]]) == 0

    def test_empty_captions_have_nothing(self):
        assert cider([[], []], [[[4, 5]], [[6, 7]]]) == 0

    @pytest.mark.parametrize("vocabulary", [3, 30])
    @pytest.mark.parametrize("seed", range(5))
    def test_agrees_with_the_coco_evaluation(self, seed, vocabulary):
        captions, references = random_captions(seed, vocabulary=vocabulary)
        wanted, _ = Cider().compute_score(
            as_lines(references), as_lines([[c] for c in captions])
        )
        assert cider(captions, references) == pytest.approx(100 * wanted)
