import pytest
import torch

from know.predictors.stage_order import StageOrder


def warned(*values_by_stage, name="fc.weight"):
    """Warnings on stages of one tensor, Theta_0 first."""
    order = StageOrder(len(values_by_stage))
    history = torch.tensor(values_by_stage).flip(0)
    order.see(name, history, is_predicted=True)
    return order.warnings()


def test_stages_that_grow_give_no_warning():
    assert warned([3.0, 4.0], [6.0, 8.0], [7.0, 8.0]) == []


def test_the_same_stage_twice_is_noticed():
    (found,) = warned([1.0, 0.0], [2.0, 0.0], [2.0, 0.0])
    assert found.startswith("stage 1 and stage 2 are the same in every tensor")


def test_norms_that_fall_from_stage_to_stage_are_noticed():
    (found,) = warned([6.0, 8.0], [3.0, 4.0], [0.0, 4.0])
    assert "may be reversed: the norm of their weights is 10, 5, 4" in found


def test_two_stages_are_too_few_to_judge_by_their_norms():
    assert warned([6.0, 8.0], [3.0, 4.0]) == []


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [((9, 5), True), ((5, 9), False), ((7, 8, 5), True), ((5, 9, 7), False)],
)
def test_batches_counted_tell_whether_theta_0_comes_first(counts, wanted):
    found = warned(*counts, name="bn.num_batches_tracked")
    steps = ", ".join(map(str, counts))
    assert any(f"counts {steps} batches" in each for each in found) is wanted
