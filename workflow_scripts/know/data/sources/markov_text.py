"""Source `markov-text`: texts of invented words, in any number, for language models.

A text is a picture of one row: its pixels are the ASCII codes of its characters. A
topic has its own frequent words and its own habits of which word follows which; all
topics share the words. Text drawn by a program is the same under every Python, free of
any licence, and unlimited, as an oracle on more data needs.
"""

from functools import partial
from pathlib import Path

import numpy as np

from know.data.arrays import ByteArray, FloatArray, IntArray
from know.data.raw import RawDataset, RawSplit, Source
from know.data.settings import DatasetSettings, class_indices, height_width
from know.errors import KnowError
from know.randomness import seed_for

# Shape suffixes: N texts, L characters of a text, W words of the language, F followers
# of a word.

GENERATES = True
TARGETS = ("text",)

CHARACTERS = 128
NUM_TOPICS = 32
NUM_WORDS = 400

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_FOLLOWERS = 4
_HABIT = 0.7
"""Chance that a word's successor is one of its followers, not any word."""
_LAST = 0.12
"""Chance that a word ends its sentence."""


def open_markov_text(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Draw the texts of both splits, each the first of an endless sequence.

    1,000 texts are the first of 8,000 of the same seed, size and topics.
    """
    train = _split(settings, "train", settings.train)
    test = _split(settings, "test", settings.test)
    return RawDataset(train, test, tuple(chr(code) for code in range(CHARACTERS)))


def markov_text_problems(settings: DatasetSettings, data_root: Path) -> list[str]:
    """List the reasons why these settings cannot be drawn."""
    problems = [
        f"{key} should say how many texts to draw"
        for key in ("train", "test")
        if getattr(settings, key) is None
    ]
    if (height_width(settings) or (0, 0))[0] != 1:
        problems.append(
            "size should be [1, characters of a text], it is "
            f"{settings.size if settings.size else 'null'}"
        )
    try:
        class_indices(settings, available=NUM_TOPICS)
    except KnowError as error:
        problems.append(str(error))
    return problems


def _split(settings: DatasetSettings, split: str, number: int | None) -> RawSplit:
    size = height_width(settings)
    assert number is not None, "markov_text_problems asks for both numbers"
    assert size is not None, "markov_text_problems asks for it"
    # One character more: each is to be followed by one.
    texts_NL = draw_texts(
        number,
        size[1] + 1,
        topics=class_indices(settings, available=NUM_TOPICS),
        purpose=(split, settings.seed),
    )
    return RawSplit(
        np.zeros(number, dtype=np.int64),
        partial(_pieces, texts_NL[:, None, :-1, None]),
        masks=partial(_pieces, texts_NL[:, None, 1:]),
    )


def draw_texts(
    number: int, length: int, *, topics: list[int], purpose: tuple[str, int]
) -> ByteArray:
    """Draw texts, the topics in turn.

    Args:
        number: N.
        length: L; the last word of a text may be cut.
        topics: topics of the texts, of `NUM_TOPICS`.
        purpose: part of the seed.

    Returns:
        ASCII codes of small letters, spaces and full stops, shape (N, L).
    """
    topic_N = np.array(topics)[np.arange(number) % len(topics)]
    habits = {topic: _habits(topic) for topic in topics}
    # A word has two letters or more, and a space behind it.
    shape = number, length // 3 + 1
    is_habit, is_last, word, follower = (
        np.random.default_rng(seed_for("markov-text", *purpose, draw)).random(shape)
        for draw in ("habit", "last", "word", "follower")
    )
    words_NW = np.empty(shape, dtype=np.int64)
    for topic, (share_W, followers_WF) in habits.items():
        mine = np.flatnonzero(topic_N == topic)
        for place in range(shape[1]):
            words_N = np.searchsorted(share_W, word[mine, place])
            if place:
                before_N = words_NW[mine, place - 1]
                column_N = (follower[mine, place] * _FOLLOWERS).astype(np.int64)
                goes_on = is_habit[mine, place] < _HABIT
                goes_on &= is_last[mine, place - 1] >= _LAST
                words_N = np.where(goes_on, followers_WF[before_N, column_N], words_N)
            words_NW[mine, place] = words_N
    spelled = np.array([f"{word} " for word in _words()])
    stopped = np.array([f"{word}. " for word in _words()])
    texts_NW = np.where(is_last < _LAST, stopped[words_NW], spelled[words_NW])
    text = "".join("".join(words)[:length] for words in texts_NW.tolist())
    return np.frombuffer(text.encode(), dtype=np.uint8).reshape(number, length)


def _words() -> list[str]:
    """Return the language's words, each of one to three syllables, none twice."""
    rng = np.random.default_rng(seed_for("markov-text", "words"))
    words: dict[str, None] = {}
    while len(words) < NUM_WORDS:
        syllables = [
            rng.choice(list(_CONSONANTS)) + rng.choice(list(_VOWELS))
            for _ in range(rng.integers(1, 4))
        ]
        words["".join(syllables) + rng.choice(["", "", "n", "s"])] = None
    return list(words)


def _habits(topic: int) -> tuple[FloatArray, IntArray]:
    """Return a topic's distribution of words, summed up, and each word's followers.

    Frequencies fall as 1 / rank (Zipf), in an order of the topic's own.
    """
    rng = np.random.default_rng(seed_for("markov-text", "topic", topic))
    share_W = rng.permutation(1 / np.arange(1, NUM_WORDS + 1))
    share_W /= share_W.sum()
    followers_WF = rng.choice(NUM_WORDS, (NUM_WORDS, _FOLLOWERS), p=share_W)
    return np.cumsum(share_W)[:-1], followers_WF


def _pieces(
    texts: ByteArray, indices: IntArray, size: tuple[int, int] | None
) -> ByteArray:
    return texts[indices]


SOURCE = Source(open_markov_text, problems=markov_text_problems)
