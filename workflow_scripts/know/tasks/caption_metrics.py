"""Agreement of captions with those that people wrote: BLEU-4 and CIDEr.

Captions are compared token by token, so a word is whatever the vocabulary calls one.
"""

import math
from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from sacrebleu.metrics.bleu import BLEU
from torch import Tensor

from know.data.arrays import END, PAD, START, UNKNOWN

# Shape suffixes: K captions of an image, L tokens.

Caption = Sequence[int]
NGrams = Counter[tuple[int, ...]]

_LONGEST = 4
"""Length of the longest n-gram that BLEU-4 and CIDEr compare, in words."""
_SPREAD = 6.0
"""Standard deviation of CIDEr-D's penalty for another length, in words."""
_UNSEEN = -1
"""Word of a true caption that is not in the vocabulary and matches no caption."""


def words(tokens_L: Tensor) -> list[int]:
    """Tokens of a generated caption, from its start to its end or to the last."""
    found = []
    for token in tokens_L.tolist():
        if token == END:
            break
        if token not in (PAD, START):
            found.append(token)
    return found


def true_captions(captions_KL: Tensor) -> list[list[int]]:
    """Words of an image's true captions.

    A word that is not in the vocabulary stays one that no caption can match: an
    `<unknown>` that is generated is never correct.
    """
    return [
        [_UNSEEN if token == UNKNOWN else token for token in words(tokens_L)]
        for tokens_L in captions_KL
    ]


def bleu4(
    captions: Sequence[Caption], references: Sequence[Sequence[Caption]]
) -> float:
    """BLEU-4 of a whole split, in percent points, by sacrebleu without smoothing.

    Every image has one caption and the same number of true ones.

    Source: Papineni et al., ACL 2002.
    """
    lines = [_line(caption) for caption in captions]
    streams = [
        [_line(caption) for caption in nth] for nth in zip(*references, strict=True)
    ]
    scorer = BLEU(tokenize="none", smooth_method="none", force=True)
    return float(scorer.corpus_score(lines, streams).score)


def _line(caption: Caption) -> str:
    return " ".join(str(word) for word in caption)


def cider(
    captions: Sequence[Caption], references: Sequence[Sequence[Caption]]
) -> float:
    """CIDEr-D of a whole split, times 100 as papers print it; 1000 at the most.

    Source: Vedantam et al., CVPR 2015 (arXiv 1411.5726), equations 2-4, in the form of
    the COCO captions' evaluation, which prints it as "CIDEr". The fewer images have an
    n-gram in their true captions, the more it weighs; on one image all weigh nothing.
    """
    frequency: NGrams = Counter()
    for group in references:
        frequency.update({gram for caption in group for gram in _n_grams(caption)})
    images = len(references)
    weights = {gram: math.log(images / count) for gram, count in frequency.items()}
    return 100 * fmean(
        fmean(_similarity(caption, true, weights, math.log(images)) for true in group)
        for caption, group in zip(captions, references, strict=True)
    )


def _n_grams(caption: Caption) -> NGrams:
    """Count each run of one to four words in a caption."""
    return Counter(
        tuple(caption[start : start + length])
        for length in range(1, _LONGEST + 1)
        for start in range(len(caption) - length + 1)
    )


def _similarity(
    caption: Caption,
    true: Caption,
    weights: dict[tuple[int, ...], float],
    rarest: float,
) -> float:
    """CIDEr-D of two captions, at most 10; an n-gram without a weight has `rarest`."""
    vector, other = (
        {gram: n * weights.get(gram, rarest) for gram, n in _n_grams(each).items()}
        for each in (caption, true)
    )
    total = 0.0
    for length in range(1, _LONGEST + 1):
        mine, theirs = (
            {gram: value for gram, value in each.items() if len(gram) == length}
            for each in (vector, other)
        )
        norms = math.hypot(*mine.values()) * math.hypot(*theirs.values())
        if norms:
            total += (
                math.fsum(
                    min(value, theirs.get(gram, 0.0)) * theirs.get(gram, 0.0)
                    for gram, value in mine.items()
                )
                / norms
            )
    difference = max(len(caption) - 1, 0) - max(len(true) - 1, 0)
    return 10 * total / _LONGEST * math.exp(-(difference**2) / (2 * _SPREAD**2))
