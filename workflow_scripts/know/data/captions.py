"""From sentences to token numbers."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from know.data.arrays import END, PAD, SPECIAL_WORDS, START, UNKNOWN, IntArray

_LOG = logging.getLogger("know")

# Shape suffixes: N images, K captions of an image, L tokens of a caption.

_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^\w\s]|_")


def words_of(sentence: str) -> list[str]:
    """Return the words of a sentence: lower case, only letters and digits.

    Source: the text standardisation of Keras' image captioning example, which removes
    punctuation and splits at white space.
    """
    return _NEITHER_LETTER_NOR_DIGIT.sub("", sentence.lower()).split()


def vocabulary_of(
    sentences: Iterable[str], *, most: int | None = None, least_count: int = 1
) -> tuple[str, ...]:
    """Return `SPECIAL_WORDS`, then words by frequency, `most` in all.

    Words that occur less than `least_count` times are left out.
    """
    counts = Counter(word for sentence in sentences for word in words_of(sentence))
    by_frequency = sorted(counts, key=lambda word: (-counts[word], word))
    frequent = [word for word in by_frequency if counts[word] >= least_count]
    return (*SPECIAL_WORDS, *frequent)[:most]


def encoded(
    captions: Sequence[Sequence[str]],
    vocabulary: Sequence[str],
    *,
    number: int,
    length: int,
) -> IntArray:
    """Turn captions into numbers of words; the log says how much is lost.

    Args:
        captions: sentences of each image, at least one.
        vocabulary: words, as from `vocabulary_of`.
        number: captions per image, repeated in turn if there are fewer.
        length: tokens of a caption; longer ones are cut.

    Returns:
        Shape (N, K, L): `START`, words, `END`, then `PAD` up to the length.
    """
    number_of_word = {word: index for index, word in enumerate(vocabulary)}
    tokens_NKL = np.full((len(captions), number, length), PAD, dtype=np.int64)
    num_cut = num_unknown = num_words = 0
    for image, sentences in enumerate(captions):
        for place in range(number):
            words = words_of(sentences[place % len(sentences)])
            kept = [number_of_word.get(w, UNKNOWN) for w in words[: length - 2]]
            tokens_NKL[image, place, : len(kept) + 2] = [START, *kept, END]
            num_cut += len(kept) < len(words)
            num_unknown += kept.count(UNKNOWN)
            num_words += len(kept)
    _LOG.info(
        "%d captions: %d cut to %d tokens, %d of %d words outside the vocabulary of %d",
        len(captions) * number,
        num_cut,
        length,
        num_unknown,
        num_words,
        len(vocabulary),
    )
    return tokens_NKL
