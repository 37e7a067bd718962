"""Test images, and what fine-tuned networks make of them, from the files of a job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from know.checksum import verified_metadata
from know.errors import KnowError, raise_all

# Shape suffixes: N images, H height, W width.

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """The first test images of a data set, and the truth about them."""

    images_NHW3: NDArray[np.uint8]
    labels: Array
    """Masks, shape (N, H, W), or captions, shape (N, captions, tokens)."""
    names: tuple[str, ...]
    """Of the classes, or the words of the vocabulary."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Which samples of a job are shown."""

    label: str
    """What the figure calls the method, such as `known x3`."""
    horizon: int
    path: str
    """Of the samples that the rule `finetune` wrote, the first trial's among them."""


def read_pictures(path: Path, count: int) -> Pictures:
    """Read the first `count` test images of a prepared data set.

    Args:
        path: file of the data set.
        count: images wanted.

    Raises:
        KnowError: if the file is damaged or has fewer test images.
    """
    metadata = verified_metadata(path)
    with safe_open(path, framework="np") as file:
        images, labels = (file.get_slice(f"test_{key}") for key in ("images", "labels"))
        if (held := images.get_shape()[0]) < count:
            raise KnowError(f"wanted {count} test images, found {held} in {path}")
        return Pictures(
            images_NHW3=images[:count],
            labels=labels[:count],
            names=tuple(metadata["class_names"]),
        )


def read_samples(
    sources: Sequence[Source], *, sample: str, count: int
) -> Mapping[str, Array]:
    """Read what networks make of the first `count` test images.

    Args:
        sources: which networks; of each the first trial is read.
        sample: what is wanted of them, such as `masks`.
        count: images wanted.

    Returns:
        By label, the samples, of shape (count, ...).

    Raises:
        KnowError: naming every file that lacks the sample or holds too few images.
    """
    found: dict[str, Array] = {}
    problems = []
    for source in sources:
        key = f"n{source.horizon}/trial0/{sample}"
        verified_metadata(Path(source.path))
        with safe_open(source.path, framework="np") as file:
            held = file.get_tensor(key) if key in set(file.keys()) else np.empty(0)
        if len(held) < count:
            problems.append(f"{source.path}: {key} of {len(held)} images")
        found[source.label] = held[:count]
    raise_all(problems, f"wanted samples of {count} test images, found fewer")
    return found
