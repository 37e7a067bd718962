"""Nested subsets of a training set: one order, of which each stage takes a prefix."""

import math
from fractions import Fraction

import numpy as np

from know.data.arrays import IntArray, LabelArray
from know.errors import KnowError

# A rate is taken as the simplest fraction this close to it, so that the float nearest
# to 1/3 gives a third of 9,000 as 3,000 and not 2,999.
_LARGEST_DENOMINATOR = 1_000_000


def nested_order(
    labels: LabelArray, *, seed: int, stratified: bool = False
) -> IntArray:
    """One shuffle of a training set; its first n entries are the subset of n images.

    Source: section 3 of Jang et al. (arXiv 2508.05059), D_s a random subset of D_{s-1};
    the authors' script draws one shuffle and takes prefixes of it.

    Args:
        labels: class of each image, shape (N,); or masks or captions, N of them.
        seed: from `seed_for`.
        stratified: deal the classes out in turn, so that a prefix of n images holds
            n * N_c / N images, give or take one, of a class that has N_c.

    Returns:
        The indices 0 .. N-1, shape (N,), each once.

    Raises:
        KnowError: if classes are to be dealt out and an image has no class of its own.
    """
    if stratified and labels.ndim != 1:
        raise KnowError(
            "a stratified order wants a class for each image, "
            f"found labels of shape {labels.shape}"
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels)).astype(np.int64)
    if not stratified:
        return order
    position = np.empty(len(labels))
    for value in np.unique(labels):
        (members,) = np.nonzero(labels[order] == value)
        position[members] = (np.arange(len(members)) + rng.random()) / len(members)
    return order[np.argsort(position, kind="stable")]


def stage_sizes(total: int, *, rate: float, stages: int) -> list[int]:
    """Number of images at each stage, floor(total * rate^s).

    Source: section 3 of Jang et al. (arXiv 2508.05059).

    Args:
        total: images in the full training set.
        rate: share of the images that each stage keeps, in (0, 1].
        stages: number of stages, the full set included; at least 1.

    Returns:
        `stages` sizes, the largest, `total`, first.

    Raises:
        KnowError: if the rate or the number of stages is out of range, or a stage would
            be left without an image.
    """
    if not 0 < rate <= 1 or stages < 1:
        raise KnowError(
            "wanted a rate in (0, 1] and at least one stage, "
            f"found rate {rate} and {stages} stages"
        )
    exact = Fraction(rate).limit_denominator(_LARGEST_DENOMINATOR)
    sizes = [math.floor(total * exact**stage) for stage in range(stages)]
    if 0 in sizes:
        raise KnowError(
            f"wanted at least one image at each of {stages} stages, found none left at "
            f"stage {sizes.index(0)} of {total} images at rate {rate}"
        )
    return sizes
