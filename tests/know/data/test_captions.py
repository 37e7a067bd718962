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


def test_a_caption_has_a_start_an_end_and_padding():
    tokens = encoded(CAPTIONS, WORDS, number=1, length=6)
    a, dog, cat, runs = (WORDS.index(word) for word in ("a", "dog", "cat", "runs"))
    assert tokens.tolist() == [
        [[START, a, dog, runs, END, PAD]],
        [[START, a, cat, END, PAD, PAD]],
    ]


def test_captions_are_repeated_where_there_are_fewer():
    tokens = encoded(CAPTIONS, WORDS, number=3, length=6)
    assert tokens.shape == (2, 3, 6)
    assert tokens[0, 2].tolist() == tokens[0, 0].tolist() != tokens[0, 1].tolist()
    assert tokens[1, 1].tolist() == tokens[1, 0].tolist()


def test_a_long_caption_is_cut_and_still_ends():
    tokens = encoded(CAPTIONS, WORDS, number=1, length=4)
    assert tokens[0, 0].tolist() == [START, WORDS.index("a"), WORDS.index("dog"), END]


def test_a_word_outside_the_vocabulary_is_unknown():
    tokens = encoded([["a zebra"]], WORDS, number=1, length=5)
    assert tokens[0, 0].tolist() == [START, WORDS.index("a"), UNKNOWN, END, PAD]


def test_what_is_lost_is_logged(caplog):
    with caplog.at_level(logging.INFO, "know"):
        encoded([["a zebra eats", "a"]], WORDS, number=2, length=4)
    assert "2 captions: 1 cut to 4 tokens, 1 of 3 words outside" in caplog.text
