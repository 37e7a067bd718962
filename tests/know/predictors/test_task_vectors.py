import pytest
import torch

from know.errors import KnowError
from know.predictors.consensus_ta import marked
from know.predictors.consensus_ta import predict as consensus_ta
from know.predictors.mag_max import predict as mag_max
from know.predictors.task_vector import predict as task_vector
from know.predictors.updates import cumulative_updates


@pytest.mark.parametrize(
    ("reading", "horizon", "wanted"),
    [
        ("mirror", 1, [1.1, 1.25, 0.5, 0.3, -0.6, 0]),
        ("mirror", 2, [1.2, 1.375, 0.35, 0.3, -0.65, 0]),
        ("mirror", 3, [1.3, 1.4375, 0.7, 0.3, -0.9, 0]),
        ("scaled", 2, [1.2, 1.5, 0.8, 0.3, -0.7, 0]),
        ("scaled", 3, [1.3, 1.75, 1.1, 0.3, -0.8, 0]),
        ("sum", 3, [1.6, 2.0625, 1.15, 0.3, -1.15, 0]),
        ("size", 1, [1.2, 1.5, 0.8, 0.3, -0.7, 0]),
        ("size", 2, [1.6, 2.5, 2.0, 0.3, -1.1, 0]),
    ],
)
def test_task_vector_in_each_reading(rows, agrees, reading, horizon, wanted):
    agrees(task_vector(rows, reading=reading, horizon=horizon), wanted)


def test_task_vector_linear_in_size_for_a_third(rows, agrees):
    found = task_vector(rows, reading="size", rate=1 / 3)
    agrees(found, [1.3, 1.75, 1.1, 0.3, -0.8, 0])


def test_task_vector_by_a_power_law_for_a_third(rows, agrees):
    found = task_vector(rows, reading="power", rate=1 / 3, horizon=2)
    agrees(found[:3], [1.091068360252296, 1.2276709006307398, 0.4732050807568878])


@pytest.mark.parametrize("method", [task_vector, mag_max, consensus_ta])
def test_alpha_is_the_length_of_the_step(rows, agrees, method):
    agrees(method(rows, alpha=0.5), [1.05, 1.125, 0.35, 0.3, -0.55, 0])
    agrees(method(rows, alpha=0.0), [1, 1, 0.2, 0.3, -0.5, 0])


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_steps_repeated_are_the_scaled_task_vector(rows, horizon):
    window = rows
    for _ in range(horizon):
        window = torch.cat([window[1:], task_vector(window)[None]])
    wanted = task_vector(rows, reading="scaled", horizon=horizon)
    torch.testing.assert_close(window[-1], wanted)


def test_a_sum_reaches_no_further_than_the_oldest_stage(rows):
    with pytest.raises(KnowError, match="at most 4, got 5"):
        task_vector(rows, reading="sum", horizon=5)


def test_the_scaled_task_vector_reaches_as_far_as_asked(rows, agrees):
    found = task_vector(rows[-2:], reading="scaled", horizon=7)
    agrees(found, [1.7, 2.75, 2.3, 0.3, -1.2, 0])


def test_an_unknown_reading_is_refused(rows):
    with pytest.raises(KnowError, match=r"task_vector needs reading .*got 'minus'"):
        task_vector(rows, reading="minus")


@pytest.mark.parametrize(
    ("candidates", "horizon", "wanted"),
    [
        ("cumulative", 2, [1.2, 1.375, 0.5, 0.3, -0.65, 0]),
        ("cumulative", 3, [1.3, 1.4375, 0.7, 0.3, -0.9, 0]),
        ("increment", 3, [1.1, 1.25, 0.55, 0.3, -0.75, 0]),
        ("normalised", 3, [1.3, 1.75, 1.1, 0.3, -0.9, 0]),
    ],
)
def test_mag_max_takes_the_largest_candidate(rows, agrees, candidates, horizon, wanted):
    agrees(mag_max(rows, candidates=candidates, horizon=horizon), wanted)


def test_mag_max_takes_the_later_of_equal_candidates(agrees):
    history = torch.tensor([[0.2], [-0.2], [0.0]], dtype=torch.float64)
    agrees(mag_max(history, horizon=2), [-0.2])


def test_mag_max_refuses_unknown_candidates(rows):
    with pytest.raises(KnowError, match=r"mag_max needs candidates .*got 'all'"):
        mag_max(rows, candidates="all")


@pytest.mark.parametrize(
    ("base", "wanted"),
    [
        ("tv", [1.3, 1.4375, 0.7, 0.3, -0.5, 0]),
        ("sum", [1.6, 2.0625, 1.15, 0.3, -0.5, 0]),
        ("mean", [1.2, 1.3541666666666667, 0.5166666666666667, 0.3, -0.5, 0]),
    ],
)
def test_consensus_changes_what_two_of_three_vectors_mark(rows, agrees, base, wanted):
    agrees(consensus_ta(rows, base=base, horizon=3), wanted)


def test_task_vectors_mark_where_they_stand_out(rows):
    found = marked(cumulative_updates(rows, 3), 0.4)
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


def test_consensus_refuses_unknown_options(rows):
    with pytest.raises(KnowError, match="one of tv, sum, mean; got 'median'"):
        consensus_ta(rows, base="median")
    with pytest.raises(KnowError, match="consensus_ta needs threshold in"):
        consensus_ta(rows, threshold=0)
