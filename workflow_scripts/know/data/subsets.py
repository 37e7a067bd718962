"""Nested subsets of a training set: each stage takes a prefix of one order."""

import math
from fractions import Fraction

import numpy as np

from know.data.arrays import IntArray, LabelArray
from know.errors import KnowError

# A rate is taken as the simplest fraction close to it, so that a third of 9,000 is
# 3,000, although the float for 1/3 is a little smaller.
_LARGEST_DENOMINATOR = 1_000_000


def nested_order(
    labels: LabelArray, *, seed: int, stratified: bool = False
) -> IntArray:
    """Shuffle a training set; the first n entries are the subset of n images.

    Source: section 3 of Jang et al. (arXiv 2508.05059), D_s a random subset of D_{s-1};
    the authors' script draws one shuffle and takes prefixes of it.

    Args:
        labels: class of each image, shape (N,); or N masks or captions.
        seed: seed from `seed_for`.
        stratified: spread the classes evenly, so that a prefix of n images holds
            n * N_c / N images of a class that has N_c, give or take one.

    Returns:
        The indices 0 .. N-1 in the new order, shape (N,).

    Raises:
        KnowError: if `stratified` and images have no class of their own.
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


def absent_classes(labels: LabelArray, num_classes: int) -> list[int]:
    """List the classes that no image has; none for masks and captions."""
    if labels.ndim != 1:
        return []
    counts_C = np.bincount(labels, minlength=num_classes)
    return [int(index) for index in np.flatnonzero(counts_C == 0)]


def stage_sizes(total: int, *, rate: float, stages: int) -> list[int]:
    """Return the number of images at each stage, floor(total * rate^s).

    Source: section 3 of Jang et al. (arXiv 2508.05059).

    Args:
        total: images in the full training set.
        rate: share of the images that each stage keeps, in (0, 1].
        stages: number of stages, including the full set; at least 1.

    Returns:
        `stages` sizes, `total` first.

    Raises:
        KnowError: if the rate or the number of stages is out of range, or a stage has
            no image.
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
