"""The authors' way of training, as the benchmark spells it out."""

import importlib.util
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import io
from torch import nn

from know.data.augmentation import transform_affinely

SPEC = importlib.util.spec_from_file_location(
    "authors_way", Path(__file__).with_name("authors_way.py")
)
authors_way = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(authors_way)

# Threads that wait for each other cost more than networks this small.
torch.set_num_threads(1)


@pytest.fixture
def images():
    """20 random images of 8 x 10 pixels, and the index of each as its label."""
    rng = np.random.default_rng(0)
    return rng.random((20, 8, 10, 3), dtype=np.float32), np.arange(20)


@pytest.mark.parametrize("seed", range(4))
def test_one_image_is_transformed_as_our_batches_are(images, seed):
    image_HWC = images[0][seed]
    draws = np.random.default_rng(seed).random(5)
    spread = 2 * draws - 1
    matrix = authors_way.affine_matrix(
        8,
        10,
        degrees=10 * spread[0],
        shifts=(0.15 * 8 * spread[1], 0.15 * 10 * spread[2]),
        zooms=(1 + 0.3 * spread[3], 1 + 0.3 * spread[4]),
    )
    found_HWC = authors_way.transform(image_HWC, matrix)
    (wanted_CHW,) = transform_affinely(
        torch.from_numpy(image_HWC).permute(2, 0, 1)[None], torch.tensor(draws[None])
    )
    np.testing.assert_allclose(found_HWC, wanted_CHW.permute(1, 2, 0), atol=2e-5)


def test_random_maps_stay_within_their_bounds():
    rng = np.random.default_rng(0)
    matrices = np.stack([authors_way.draw_matrix(10, 10, rng) for _ in range(500)])
    turned = np.degrees(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    rows = np.hypot(matrices[:, 0, 0], matrices[:, 1, 0])
    columns = np.hypot(matrices[:, 0, 1], matrices[:, 1, 1])
    for values, middle, most in ((turned, 0, 10), (rows, 1, 0.3), (columns, 1, 0.3)):
        assert 0.95 * most < np.abs(values - middle).max() <= most
    # Where the centre goes is the shift alone, turned by at most ten degrees.
    centre = matrices @ [4.5, 4.5, 1]
    distances = np.linalg.norm(centre[:, :2] - 4.5, axis=1)
    assert 1.8 < distances.max() <= 1.5 * np.sqrt(2)


def test_epochs_are_full_batches_in_orders_of_their_own(images):
    batches = authors_way.augmented_batches(
        *images, batch_size=6, epochs=2, rng=np.random.default_rng(0)
    )
    pixels, labels = zip(*batches, strict=True)
    assert [batch.shape for batch in pixels] == [(6, 8, 10, 3)] * 6
    first, second = (list(chain(*labels[i : i + 3])) for i in (0, 3))
    assert len(set(first)) == len(set(second)) == 18
    assert first != second


def test_prefetched_batches_come_in_their_order():
    assert list(authors_way.prefetched(range(100))) == list(range(100))


def test_weights_are_written_after_each_stage(images, tmp_path):
    network = nn.Sequential(nn.Flatten(), nn.Linear(240, 20))
    before = network[1].weight.detach().clone()
    pixels = (255 * images[0]).astype(np.uint8)
    seen = authors_way.collect(
        network,
        pixels,
        images[1],
        [20, 13, 4],
        epochs=2,
        batch_size=6,
        learning_rate=0.01,
        seed=0,
        path=tmp_path / "7",
    )
    # Twice three, two and one batches, the last of all four images.
    assert seen == 2 * (18 + 12 + 4)
    stages = [io.loadmat(tmp_path / f"7-{s}.mat")["weights0"] for s in range(3)]
    np.testing.assert_array_equal(stages[2], network[1].weight.detach())
    for former, latter in zip([before, *stages], stages, strict=False):
        assert not np.allclose(former, latter)
