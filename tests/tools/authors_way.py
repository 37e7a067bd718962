"""Meta-data the authors' way: images augmented one by one, one network at a time.

After their `0_Data_Collection_Sample.py`, in PyTorch, so that it has the kernels of
what it is compared with. `benchmark_metadata.py` says why each choice is theirs.
"""

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import io, ndimage
from torch import nn

# Shape suffixes: N images, B batch, H rows, W columns, C channels, K classes.

ROTATION, SHIFT, ZOOM = 10.0, 0.15, 0.3
BATCHES_AHEAD = 10

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]


def draw_matrix(height: int, width: int, rng: np.random.Generator) -> Floats:
    """Keras' random affine map from the output's pixels to the input's, 3x3.

    Rotation, then shift, then zoom of each axis, about the image's centre.
    """
    return affine_matrix(
        height,
        width,
        degrees=rng.uniform(-ROTATION, ROTATION),
        shifts=(
            rng.uniform(-SHIFT, SHIFT) * height,
            rng.uniform(-SHIFT, SHIFT) * width,
        ),
        zooms=tuple(rng.uniform(1 - ZOOM, 1 + ZOOM, 2)),
    )


def affine_matrix(
    height: int,
    width: int,
    *,
    degrees: float,
    shifts: tuple[float, float],
    zooms: tuple[float, float],
) -> Floats:
    """The map of one rotation, shift (rows, columns) and zoom (rows, columns)."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    rotation = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    shift = np.array([[1, 0, shifts[0]], [0, 1, shifts[1]], [0, 0, 1]])
    zoom = np.array([[zooms[0], 0, 0], [0, zooms[1], 0], [0, 0, 1]])
    row, column = height / 2 - 0.5, width / 2 - 0.5
    to_centre = np.array([[1, 0, row], [0, 1, column], [0, 0, 1]])
    from_centre = np.array([[1, 0, -row], [0, 1, -column], [0, 0, 1]])
    matrix: Floats = to_centre @ (rotation @ shift @ zoom) @ from_centre
    return matrix


def transform(image_HWC: Floats, matrix: Floats) -> Floats:
    """One image, each channel of it interpolated for itself."""
    channels = [
        ndimage.affine_transform(
            channel_HW, matrix[:2, :2], matrix[:2, 2], order=1, mode="nearest"
        )
        for channel_HW in np.moveaxis(image_HWC, -1, 0)
    ]
    return np.moveaxis(np.stack(channels), 0, -1)


def augmented_batches(
    images_NHWC: Floats,
    labels_N: Labels,
    batch_size: int,
    epochs: int,
    rng: np.random.Generator,
) -> Iterator[tuple[Floats, Labels]]:
    """Full batches of augmented images, in a new order every epoch."""
    height, width = images_NHWC.shape[1:3]
    for _ in range(epochs):
        order_N = rng.permutation(len(images_NHWC))
        for start in range(0, len(order_N) - batch_size + 1, batch_size):
            chosen_B = order_N[start : start + batch_size]
            batch_BHWC = np.zeros((batch_size, *images_NHWC.shape[1:]), np.float32)
            for place, index in enumerate(chosen_B):
                matrix = draw_matrix(height, width, rng)
                batch_BHWC[place] = transform(images_NHWC[index], matrix)
            yield batch_BHWC, labels_N[chosen_B]


def prefetched(batches: Iterable[Any]) -> Iterator[Any]:
    """The same batches, which a thread prepares up to ten ahead."""
    waiting: queue.Queue[Any] = queue.Queue(BATCHES_AHEAD)

    def fill() -> None:
        try:
            for batch in batches:
                waiting.put(batch)
        finally:
            waiting.put(None)

    threading.Thread(target=fill, daemon=True).start()
    while (batch := waiting.get()) is not None:
        yield batch


def train(
    network: nn.Module, batches: Iterable[Any], optimizer: torch.optim.Optimizer
) -> int:
    """Train on all batches; the number of images seen."""
    seen, right = 0, 0
    network.train()
    for batch_BHWC, labels in batches:
        inputs_BCHW = torch.from_numpy(batch_BHWC).permute(0, 3, 1, 2).contiguous()
        labels_B = torch.from_numpy(labels)
        optimizer.zero_grad()
        logits_BK = network(inputs_BCHW)
        nn.functional.cross_entropy(logits_BK, labels_B).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        right += int((logits_BK.argmax(1) == labels_B).sum())
        seen += len(labels_B)
    return seen


def collect(
    network: nn.Module,
    images_NHWC: NDArray[np.uint8],
    labels_N: Labels,
    sizes: Sequence[int],
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    path: Path,
) -> int:
    """Train on ever fewer images and write the weights after each stage.

    Args:
        network: trained in place.
        images_NHWC: pixels of D_0, in the order of its shuffle.
        labels_N: their labels.
        sizes: images of each stage.
        epochs: of each stage.
        batch_size: whole batches only; a smaller stage is one batch.
        learning_rate: of Adam.
        seed: of order and augmentation.
        path: of the files, without the number of the stage and the ending.

    Returns:
        Number of images seen in all stages.
    """
    rng = np.random.default_rng(seed)
    inputs_NHWC = images_NHWC.astype(np.float32) / 255
    inputs_NHWC -= inputs_NHWC.mean(axis=0)
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    seen = 0
    for stage, samples in enumerate(sizes):
        batches = augmented_batches(
            inputs_NHWC[:samples],
            labels_N[:samples],
            min(batch_size, samples),
            epochs,
            rng,
        )
        seen += train(network, prefetched(batches), optimizer)
        # MATLAB's names end after 31 characters.
        values = enumerate(network.state_dict().values())
        weights = {f"weights{number}": value.numpy() for number, value in values}
        io.savemat(f"{path}-{stage}.mat", weights)
    return seen
