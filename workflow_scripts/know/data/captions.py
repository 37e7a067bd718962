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
    """The words of a sentence: lower case, nothing but letters and digits.

    Source: the text standardisation of Keras' image captioning example, which removes
    punctuation and splits at white space.
    """
    return _NEITHER_LETTER_NOR_DIGIT.sub("", sentence.lower()).split()


def vocabulary_of(
    sentences: Iterable[str], *, most: int | None = None, least_count: int = 1
) -> tuple[str, ...]:
    """`SPECIAL_WORDS`, then the words of sentences, the most frequent first.

    Args:
        sentences: those of the training images.
        most: words to keep, the special ones among them; none for all.
        least_count: times that a word occurs, at least.
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
    """Captions as numbers of words; the log says what is lost.

    Args:
        captions: at least one sentence an image.
        vocabulary: as `vocabulary_of` makes it.
        number: captions an image: the first of more, repeated in turn where there are
            fewer.
        length: tokens of a caption, `START` and `END` among them; longer ones are cut.

    Returns:
        Shape (N, K, L): `START`, words, `END`, `PAD` up to the length.
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
