import pytest
import torch

from know.predictors.diagnosis.methods import BackTest
from know.predictors.diagnosis.path import shape_of
from know.predictors.diagnosis.verdict import verdict_on
from know.store.forgetting import forgetting_of

FALLING = (90.0, 80.0, 70.0, 60.0)


def shape_with(cosine, *, to_start=0.0, steps=3):
    """Steps of length 1 with one cosine between neighbours, and one to Theta_0."""
    products = torch.eye(steps + 1, dtype=torch.float64)
    for k in range(steps - 1):
        products[k + 1, k + 2] = products[k + 2, k + 1] = cosine
    products[0, 1:] = products[1:, 0] = torch.tensor(to_start, dtype=torch.float64)
    return shape_of(products, kind="predicted")


@pytest.fixture
def verdict(attributes):
    def find(accuracies=FALLING, shape=None, errors=None):
        stages = forgetting_of(attributes(accuracies))
        tests = [
            BackTest(method=name, error=error, errors={}, refusal=None)
            for name, error in (errors or {"linear-fit": 0.5, "shrink": 1.2}).items()
        ]
        return verdict_on(stages, shape or shape_with(0.99), tests)

    return find


def test_a_smooth_path_that_forgets_has_something_to_go_on(verdict):
    found = verdict()
    assert (found.forgets, found.path) == ("at every stage", "smooth")
    assert found.text == (
        "forgets at every stage, and the path is smooth (8 to 8 degrees between "
        "successive steps): extrapolation has something to go on. In the back-test "
        "linear-fit comes closest to Theta_0, with 0.50 of the error of copying "
        "Theta_1. Worth a try: linear-fit, against Theta_0 on your own task."
    )


def test_constant_accuracy_does_not_forget(verdict):
    found = verdict((90.0, 90.0, 90.0, 90.0))
    assert found.forgets == "not at all"
    assert found.text.startswith(
        "stages 1-3 do not forget: predictions are extrapolating noise. "
    )
    assert found.text.endswith(" Not worth a try.")


def test_a_stage_that_rises_is_named(verdict):
    found = verdict((90.0, 60.0, 70.0, 50.0))
    assert found.forgets == "not at every stage"
    assert "forgets in part (accuracy rises at stage 2)" in found.text


def test_stages_within_the_noise_are_named(verdict):
    found = verdict((90.0, 89.5, 60.0, 60.0))
    assert "(no resolved change on the way to stages 1, 3)" in found.text


@pytest.mark.parametrize(
    "accuracies", [(90.0, None, 70.0), (None, 80.0, 70.0), (None, None)]
)
def test_what_was_not_measured_is_unknown(verdict, accuracies):
    found = verdict(accuracies)
    assert found.forgets == "unknown"
    assert found.text.startswith("whether the path forgets is unknown (")
    assert "Worth a try if it forgets at all: linear-fit," in found.text


@pytest.mark.parametrize(
    ("cosine", "path", "words"),
    [
        (0.71, "smooth", "something to go on"),
        (0.70, "winding", "for a step or two only"),
        (0.26, "winding", "for a step or two only"),
        (0.25, "right angles", "(76 to 76 degrees)"),
        (0.0, "right angles", "no direction lasts"),
        (-0.25, "right angles", "(104 to 104 degrees)"),
        (-0.26, "turning back", "undo each other"),
    ],
)
def test_the_mean_angle_tells_the_kind_of_path(verdict, cosine, path, words):
    found = verdict(shape=shape_with(cosine))
    assert found.path == path
    assert words in found.text


def test_at_right_angles_the_part_along_theta_0_is_named_if_it_lasts(verdict):
    found = verdict(shape=shape_with(0.0, to_start=[-0.01, -0.2, -0.2]))
    assert (
        "but successive steps are nearly at right angles (90 to 90 degrees): only the "
        "part along Theta_0 (2.7 % of the steps' energy) is predictable"
    ) in found.text


@pytest.mark.parametrize("to_start", [[0.2, -0.2, 0.2], [0.1, 0.1, 0.09]])
def test_a_part_along_theta_0_that_turns_or_vanishes_does_not_last(verdict, to_start):
    found = verdict(shape=shape_with(0.0, to_start=to_start))
    assert "no direction lasts, not even that of Theta_0" in found.text


def test_weights_that_stand_still_leave_nothing_to_extrapolate(verdict):
    products = torch.zeros(3, 3, dtype=torch.float64)
    found = verdict(shape=shape_of(products, kind="predicted"))
    assert found.path == "still"
    assert found.text.startswith("the weights do not move: there is nothing")


def test_two_stages_have_no_angle_and_no_back_test(verdict):
    found = verdict((90.0, 60.0), shape_with(0.0, steps=1), {"shrink": None})
    assert found.path == "unknown"
    assert "forgets at every stage, and there are no two steps to compare" in found.text
    assert found.text.endswith(
        "A back-test needs 3 stages. Whether it is worth a try, nothing here tells."
    )


def test_methods_that_only_copy_beat_nothing(verdict):
    found = verdict(errors={"shrink": 0.99, "tsv": 1.4})
    assert found.best_back_test == "shrink"
    assert found.text.endswith(
        "no method finds Theta_0 better than copying Theta_1 (the closest is shrink, "
        "0.99). Hardly worth a try."
    )
