import pytest
import torch

from know.errors import KnowError
from know.predictors.consensus_ta import marked
from know.predictors.consensus_ta import predict as consensus_ta
from know.predictors.mag_max import predict as mag_max
from know.predictors.task_vector import predict as task_vector
from know.predictors.task_vector import task_vectors


@pytest.mark.parametrize(
    ("reading", "horizon", "wanted"),
    [
        ("mirror", 1, [1.1, 1.25, 0.5, 0.3, -0.6, 0]),
        ("mirror", 2, [1.2, 1.375, 0.35, 0.3, -0.65, 0]),
        ("mirror", 3, [1.3, 1.4375, 0.7, 0.3, -0.9, 0]),
        ("scaled", 2, [1.2, 1.5, 0.8, 0.3, -0.7, 0]),
        ("scaled", 3, [1.3, 1.75, 1.1, 0.3, -0.8, 0]),
    ],
)
def test_task_vector_in_each_reading(rows, agrees, reading, horizon, wanted):
    agrees(task_vector(rows, reading=reading, horizon=horizon), wanted)


def test_the_scaled_task_vector_reaches_as_far_as_asked(rows, agrees):
    found = task_vector(rows[-2:], reading="scaled", horizon=7)
    agrees(found, [1.7, 2.75, 2.3, 0.3, -1.2, 0])


def test_an_unknown_reading_is_refused(rows):
    with pytest.raises(KnowError, match=r"^task-vector needs a reading.*got 'minus'"):
        task_vector(rows, reading="minus")


@pytest.mark.parametrize(
    ("horizon", "wanted"),
    [(2, [1.2, 1.375, 0.5, 0.3, -0.65, 0]), (3, [1.3, 1.4375, 0.7, 0.3, -0.9, 0])],
)
def test_mag_max_takes_the_largest_task_vector(rows, agrees, horizon, wanted):
    agrees(mag_max(rows, horizon=horizon), wanted)


def test_mag_max_takes_the_later_of_equal_task_vectors(agrees):
    history = torch.tensor([[0.2], [-0.2], [0.0]], dtype=torch.float64)
    agrees(mag_max(history, horizon=2), [-0.2])


def test_consensus_changes_what_two_of_three_vectors_mark(rows, agrees):
    agrees(consensus_ta(rows, horizon=3), [1.3, 1.4375, 0.7, 0.3, -0.5, 0])


def test_task_vectors_mark_where_they_stand_out(rows):
    found = marked(task_vectors(rows, 3), 0.4)
    assert found.int().tolist() == [
        [0, 0, 1, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 1, 0],
    ]


def test_a_higher_threshold_drops_a_straight_weight(agrees):
    # tau = 1, 2, 3: the second stands out against 4 up to a threshold of 1/2.
    history = torch.tensor([[-4.0], [-3], [-2], [-1], [0]], dtype=torch.float64)
    agrees(consensus_ta(history, horizon=3, threshold=0.49), [3.0])
    agrees(consensus_ta(history, horizon=3, threshold=0.5), [0.0])
