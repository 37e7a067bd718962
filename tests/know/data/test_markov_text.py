from pathlib import Path

import numpy as np
import pytest

from know.data.prepare import check_settings, prepare
from know.data.settings import DatasetSettings

NOWHERE = Path("nowhere")


def texts(**changed):
    usual = {"size": [1, 40], "train": 30, "test": 10, "classes": [0, 5]}
    return DatasetSettings(source="markov-text", target="text", **{**usual, **changed})


def words_of(dataset):
    """The words of the training texts, but for those that an end may have cut."""
    found = (bytes(text).decode() for text in dataset.train_images[:, 0, :, 0])
    return [word for text in found for word in text.split()[:-1]]


def test_each_character_is_labelled_with_the_one_after_it():
    dataset = prepare("t", texts(), NOWHERE)
    assert dataset.train_images.shape == (30, 1, 40, 1)
    assert dataset.train_labels.shape == (30, 1, 40)
    for images, labels in (
        (dataset.train_images, dataset.train_labels),
        (dataset.test_images, dataset.test_labels),
    ):
        np.testing.assert_array_equal(images[:, :, 1:, 0], labels[:, :, :-1])
    assert len(dataset.class_names) == 128
    assert dataset.class_names[ord("a")] == "a"
    assert set(map(chr, dataset.train_images.flat)) <= set(
        "abcdefghijklmnopqrstuvwxyz ."
    )


def test_a_smaller_set_is_a_prefix_of_a_larger_one():
    small, large = (prepare("t", texts(train=n), NOWHERE) for n in (30, 90))
    np.testing.assert_array_equal(large.train_images[:30], small.train_images)
    assert large.digests["test"] == small.digests["test"]
    assert not np.array_equal(small.test_images, small.train_images[:10])


def test_topics_share_the_language_and_differ_in_what_is_frequent():
    first, same, other = (
        words_of(prepare("t", texts(classes=[topic], seed=seed, train=400), NOWHERE))
        for topic, seed in ((0, 0), (0, 1), (9, 0))
    )

    def share(words):
        """Share of the words that are among the first text's 20 most frequent."""
        frequent = sorted(set(first), key=lambda word: -first.count(word))[:20]
        return sum(word in frequent for word in words) / len(words)

    assert share(same) > 2 * share(other)
    # Words by their spelling: with and without the full stop of a sentence.
    known = {word.rstrip(".") for word in first}
    assert sum(word.rstrip(".") in known for word in other) > 0.5 * len(other)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"train": None}, "train should say how many texts to draw"),
        ({"test": None}, "test should say how many texts to draw"),
        ({"size": 40}, "size should be [1, characters of a text], it is 40"),
        ({"size": None}, "size should be [1, characters of a text], it is null"),
        ({"classes": [31, 32]}, "classes asks for [32]"),
    ],
)
def test_what_cannot_be_drawn_is_said_beforehand(changed, said):
    (problem,) = check_settings("t", texts(**changed), NOWHERE)
    assert said in problem
