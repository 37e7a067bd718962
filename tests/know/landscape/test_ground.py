import math

import numpy as np
import pytest
import torch

from know.errors import KnowError
from know.landscape.ground import Ground, principal_plane


def test_accuracy_is_measured_on_the_first_test_images(ground, dataset):
    assert (ground.run, ground.seed, len(ground.images)) == ("tiny", 3, 30)
    expected = torch.from_numpy(dataset.test_labels[:30])
    assert torch.equal(ground.images.labels_N, expected)


def test_all_test_images_are_taken_where_no_number_is_given(
    dataset, dataset_file, settings
):
    device = torch.device("cpu")
    ground = Ground("tiny", dataset_file, device, settings=settings, images=None)
    assert len(ground.images) == len(dataset.test_labels)


def test_inputs_are_centred_by_the_mean_of_the_runs_own_images(
    dataset, dataset_file, settings
):
    device = torch.device("cpu")
    every = {**settings, "images": len(dataset.train_images)}
    ground = Ground("tiny", dataset_file, device, settings=every, images=1)
    mean_HWC = dataset.train_images.mean(0, dtype=np.float64) / 255
    expected = torch.from_numpy(mean_HWC).permute(2, 0, 1).float()
    torch.testing.assert_close(ground.images.mean_CHW, expected)


# Four points of a rectangle, 4 wide and 2 high, somewhere in three dimensions.
CORNERS_WP = torch.tensor(
    [[2.0, 1.0, 7.0], [2.0, -1.0, 7.0], [-2.0, 1.0, 7.0], [-2.0, -1.0, 7.0]]
)


def test_the_first_axis_is_the_longest_side():
    plane = principal_plane(CORNERS_WP)
    assert plane.mean_P.tolist() == [0, 0, 7]
    expected = torch.tensor([[-1, 0, 0], [0, 1, 0]], dtype=torch.float64)
    torch.testing.assert_close(plane.axes_AP.abs(), expected.abs())
    assert plane.explained == pytest.approx((0.8, 0.2))


def test_it_agrees_with_a_singular_value_decomposition():
    vectors_WP = torch.randn(6, 50, generator=torch.Generator().manual_seed(0)).double()
    plane = principal_plane(vectors_WP)
    centred_WP = vectors_WP - vectors_WP.mean(0)
    _, values_W, axes_WP = torch.linalg.svd(centred_WP, full_matrices=False)
    products_AA = plane.axes_AP @ axes_WP[:2].T
    torch.testing.assert_close(products_AA.abs(), torch.eye(2).double())
    shares = values_W.square() / values_W.square().sum()
    assert plane.explained == pytest.approx(tuple(shares[:2].tolist()))


def test_the_first_vector_lies_left_and_the_farthest_up():
    vectors_WP = torch.randn(6, 50, generator=torch.Generator().manual_seed(1))
    placed_WA = principal_plane(vectors_WP).coordinates(vectors_WP)
    mirrored_WA = principal_plane(-vectors_WP).coordinates(-vectors_WP)
    assert placed_WA[0, 0] < 0
    assert placed_WA[placed_WA[:, 1].abs().argmax(), 1] > 0
    torch.testing.assert_close(mirrored_WA, placed_WA)


@pytest.mark.parametrize(
    ("step", "share"), [([1.0, 1, 0], 1), ([0, 0, 2.0], 0), ([3.0, 0, 4.0], 9 / 25)]
)
def test_a_step_is_partly_within_the_plane(step, share):
    plane = principal_plane(CORNERS_WP)
    assert plane.share_within(torch.tensor(step)) == pytest.approx(share)


def test_no_step_has_no_share():
    assert principal_plane(CORNERS_WP).share_within(torch.zeros(3)) is None


@pytest.mark.parametrize(
    "vectors",
    [[[0.0, 1.0], [1.0, 0.0]], [[0.0, 0], [1.0, 1], [2.0, 2]], [[math.pi] * 2] * 4],
)
def test_vectors_on_a_line_are_refused(vectors):
    with pytest.raises(KnowError, match="wants three weight vectors that are not on"):
        principal_plane(torch.tensor(vectors))
