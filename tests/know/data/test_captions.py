import logging

import pytest

from know.data.arrays import END, PAD, SPECIAL_WORDS, START, UNKNOWN
from know.data.captions import encoded, vocabulary_of, words_of

CAPTIONS = [["A dog runs .", "the dog !"], ["A cat"]]
WORDS = vocabulary_of(["A dog runs .", "the dog !", "A cat"])


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("A dog runs , and barks .", ["a", "dog", "runs", "and", "barks"]),
        ("The girl's T-shirt", ["the", "girls", "tshirt"]),
        ("2 Dogs_play\tin  snow", ["2", "dogsplay", "in", "snow"]),
        ("Ein Mädchen", ["ein", "mädchen"]),
        ("<start> a", ["start", "a"]),
        (" . ", []),
    ],
)
def test_words_are_lower_case_letters_and_digits(sentence, words):
    assert words_of(sentence) == words


def test_a_vocabulary_has_the_special_words_then_the_frequent_ones():
    assert (*SPECIAL_WORDS, "a", "dog", "cat", "runs", "the") == WORDS


def test_a_vocabulary_leaves_out_rare_words():
    assert vocabulary_of(["b a", "b c", "a"], least_count=2) == (
        *SPECIAL_WORDS,
        "a",
        "b",
    )


A, DOG, RUNS = (WORDS.index(word) for word in ("a", "dog", "runs"))


@pytest.mark.parametrize(
    ("caption", "length", "wanted"),
    [
        ("A dog runs .", 6, [START, A, DOG, RUNS, END, PAD]),
        ("A dog runs .", 4, [START, A, DOG, END]),
        ("a zebra", 5, [START, A, UNKNOWN, END, PAD]),
    ],
)
def test_a_caption_is_cut_or_padded_and_always_ends(caption, length, wanted):
    tokens = encoded([[caption]], WORDS, number=1, length=length)
    assert tokens.tolist() == [[wanted]]


def test_captions_are_repeated_where_there_are_fewer():
    tokens = encoded(CAPTIONS, WORDS, number=3, length=6)
    assert tokens.shape == (2, 3, 6)
    assert tokens[0, 2].tolist() == tokens[0, 0].tolist() != tokens[0, 1].tolist()
    assert tokens[1, 1].tolist() == tokens[1, 0].tolist()


def test_what_is_lost_is_logged(caplog):
    with caplog.at_level(logging.INFO, "know"):
        encoded([["a zebra eats", "a"]], WORDS, number=2, length=4)
    assert "2 captions: 1 cut to 4 tokens, 1 of 3 words outside" in caplog.text
