import math
from dataclasses import replace

import pytest
import torch

from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.held_out import relative_errors


class Constant(Hypernetwork):
    """Adds fixed numbers to every weight, one per horizon."""

    architecture = "constant"

    def __init__(self, *added, stages=2):
        super().__init__()
        self.stages, self.horizons = stages, len(added)
        self.added = torch.nn.Parameter(torch.tensor(added))

    def ahead(self, history_BS, facts):
        return self.added.expand(len(history_BS), -1)


def shifting(*by_stage, size=3):
    """All weights of a tensor stand at these values, stage 0 first."""
    return torch.tensor(by_stage)[:, None].expand(-1, size).clone()


def test_copying_has_the_error_1(make_windows):
    generator = torch.Generator().manual_seed(0)
    tensors = [shifting(5.0, 3, 2, 0), torch.randn(4, 64, generator=generator)]
    windows = make_windows(tensors[0], stages=2, horizons=2)
    assert relative_errors(Constant(0.0, 0.0), windows) == pytest.approx(1)
    # Of 64 weights some stand for all, so that this one is not exact.
    windows = make_windows(tensors[1], stages=2, horizons=2)
    assert relative_errors(Constant(0.0, 0.0), windows) == pytest.approx(1, abs=0.1)


def test_the_error_is_the_mean_over_horizons_of_medians_over_windows(make_windows):
    # Newest stages 1, 2 with 2 and 1 to go to stage 0, and 1 to go from 2 to 1.
    windows = make_windows(shifting(5.0, 3, 2, 0), stages=2, horizons=2)
    found = relative_errors(Constant(1.0, 6.0), windows)
    # One ahead: |1 - 2| / 2 and |1 - 1| / 1; two ahead: |6 - 3| / 3.
    assert found == pytest.approx((0.25 + 1) / 2)


def test_a_trials_tensors_weigh_by_their_sizes(make_windows, make_facts):
    tensors = [shifting(1.0, 0, 0, size=1), shifting(3.0, 0, 0, size=4)]
    options = {"stages": 2, "horizons": 1, "trials": [make_facts()]}
    windows = make_windows(*tensors, trial_of=[0, 0], **options)
    found = relative_errors(Constant(1.0), windows)
    # Missed 0 and 4 * 2^2, of 1 and 4 * 3^2.
    assert found == pytest.approx(math.sqrt(16 / 37))


def test_trials_are_not_taken_together(make_windows):
    tensors = [shifting(1.0, 0, 0), shifting(2.0, 0, 0), shifting(5.0, 0, 0)]
    windows = make_windows(*tensors, stages=2, horizons=1)
    # Of 0 / 1, 1 / 2 and 4 / 5 the median.
    assert relative_errors(Constant(1.0), windows) == pytest.approx(0.5)


def test_drawn_weights_stand_for_the_whole_tensor(make_windows, make_facts):
    options = {"stages": 2, "horizons": 1, "trials": [make_facts()]}
    tensors = [shifting(1.0, 0, 0, size=1), shifting(3.0, 0, 0, size=1)]
    windows = make_windows(*tensors, trial_of=[0, 0], **options)
    facts = replace(windows.facts, size_W=torch.tensor([1, 4]))
    windows = replace(windows, facts=facts)
    assert relative_errors(Constant(1.0), windows) == pytest.approx(math.sqrt(16 / 37))


def test_a_trial_at_rest_does_not_count(make_windows):
    windows = make_windows(
        shifting(1.0, 1, 1), shifting(2.0, 0, 0), stages=2, horizons=1
    )
    assert relative_errors(Constant(1.0), windows) == pytest.approx(0.5)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_prediction_that_is_not_finite_is_infinitely_wrong(make_windows, bad):
    windows = make_windows(shifting(2.0, 0, 0), stages=2, horizons=1)
    assert relative_errors(Constant(bad), windows) == math.inf
