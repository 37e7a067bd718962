"""Test images, and what fine-tuned networks make of them, from the files of a job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from safetensors import safe_open

from know.checksum import verified_metadata
from know.errors import KnowError, raise_all
from know.reporting.sample_figures import DRAWINGS

# Shape suffixes: N images, H height, W width.

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """The first test images of a data set, and the truth about them."""

    images_NHW3: NDArray[np.uint8]
    labels: Array
    """Masks, shape (N, H, W), or captions, shape (N, captions, tokens)."""
    names: tuple[str, ...]
    """Names of the classes, or the words of the vocabulary."""


def draw_samples(
    task_type: str, dataset: Path, sources: Sequence[Mapping[str, Any]], *, images: int
) -> Figure:
    """Draw what networks make of the first test images of a data set.

    Args:
        task_type: type of the networks' task, one of `DRAWINGS`.
        dataset: file of the prepared data set.
        sources: `label` of each network in the figure, its `horizon`, and the `path` of
            the samples that a job of fine-tunings wrote.
        images: number of test images.

    Raises:
        KnowError: if a file is damaged or holds too few images.
    """
    sample = DRAWINGS.facts(task_type)["SAMPLE"]
    pictures = read_pictures(dataset, images)
    samples = read_samples(sources, sample=sample, count=images)
    return DRAWINGS[task_type](pictures, samples)


def read_pictures(path: Path, count: int) -> Pictures:
    """Read the first `count` test images of a prepared data set."""
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
    sources: Sequence[Mapping[str, Any]], *, sample: str, count: int
) -> dict[str, Array]:
    """Read what the first trial of each network makes of `count` images, by label."""
    found: dict[str, Array] = {}
    problems = []
    for source in sources:
        path = Path(source["path"])
        key = f"n{source['horizon']}/trial0/{sample}"
        verified_metadata(path)
        with safe_open(path, framework="np") as file:
            held = file.get_tensor(key) if key in set(file.keys()) else np.empty(0)
        if len(held) < count:
            problems.append(f"{path}: {key} of {len(held)} images")
        found[source["label"]] = held[:count]
    raise_all(problems, f"wanted samples of {count} test images, found fewer")
    return found


def show_image(ax: Axes, image_HW3: NDArray[np.uint8]) -> None:
    """Draw an image pixel by pixel, without axes."""
    ax.imshow(image_HW3, interpolation="none")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_linewidth(0.4)
