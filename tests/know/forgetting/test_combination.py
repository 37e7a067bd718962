"""Fits whose best coefficients are known."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from know.forgetting.combination import (
    GRID,
    Route,
    combine,
    fit_subspace,
    line_search,
    search_line,
)
from know.forgetting.export import export_trajectory
from know.forgetting.ladder import Ladder
from know.training.evaluation import accuracy
from know.training.images import Images, put_images
from know.training.norms import recalibrate_norms
from know.weights.checkpoint import save_checkpoint

CPU = torch.device("cpu")


class Line(nn.Module):
    """Logits (slope x + bias, 0) of a pixel x; a third parameter does nothing."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor([[1.0]]))
        self.bias = nn.Parameter(torch.tensor([0.0]))
        self.unused = nn.Parameter(torch.tensor([5.0]))

    def forward(self, inputs_BCHW):
        logits_B = self.slope[0] * inputs_BCHW.mean((1, 2, 3)) + self.bias
        return torch.stack([logits_B, torch.zeros_like(logits_B)], 1)


KINDS = {"slope": "fc", "bias": "bias", "unused": "norm"}


def state(slope, bias):
    return {
        "slope": torch.tensor([[slope]]),
        "bias": torch.tensor([bias]),
        "unused": torch.tensor([5.0]),
    }


def route(*stages):
    return Route.through([state(*stage) for stage in stages], KINDS, device=CPU)


def pixels(values, labels):
    """Images of one pixel each, as given: grey values in [0, 1]."""
    grey = np.array(values) * 255
    images = np.repeat(grey.round().astype(np.uint8), 3).reshape(-1, 1, 1, 3)
    zero = torch.zeros(3, 1, 1)
    return put_images(images, np.array(labels), device=CPU, mean_CHW=zero)


class TestRoute:
    def test_each_kind_moves_by_its_own_coefficients(self):
        found = route((4.0, 1.0), (2.0, 1.5), (1.0, 3.5)).at(
            {
                "fc": torch.tensor([10.0, 100.0]),
                "bias": torch.tensor([2.0, 0.5]),
                "norm": torch.tensor([9.0, 9.0]),
            }
        )
        # Steps of the slope are 2 and 1, of the bias -0.5 and -2.
        assert found["slope"].item() == 4 + 10 * 2 + 100 * 1
        assert found["bias"].item() == 1 + 2 * -0.5 + 0.5 * -2
        assert found["unused"].item() == 5

    def test_no_coefficients_are_theta_0(self):
        line = route((4.0, 1.0), (2.0, 1.5))
        found = line.at(line.coefficients())
        assert (found["slope"].item(), found["bias"].item()) == (4, 1)


class TestLineSearch:
    @pytest.mark.parametrize("best", GRID)
    def test_the_top_of_a_parabola_is_found(self, best):
        assert search_line(lambda a: (-((a - best) ** 2), 0.0)) == best

    def test_a_lower_loss_breaks_a_tie(self):
        assert search_line(lambda a: (50.0, (a - 0.2) ** 2)) == 0.25

    def test_of_equals_the_smallest_step_wins(self):
        assert search_line(lambda a: (50.0, 1.0)) == 0
        assert search_line(lambda a: (50.0 if a else 40.0, 1.0)) == 0.125

    def test_it_may_go_towards_what_forgets(self):
        # Class 0 is what exceeds 0.3, so the best bias is -0.3; stages 0, -0.4.
        images = pixels([0.1, 0.25, 0.35, 0.9], [1, 1, 0, 0])
        found = line_search(Line(), route((1.0, 0.0), (1.0, -0.4)), images, images)
        # 0.4 a lies between -0.35 and -0.25 at a = -0.75 alone.
        assert {kind: value.tolist() for kind, value in found.items()} == {
            "fc": [-0.75],
            "bias": [-0.75],
            "norm": [-0.75],
        }


class TestSubspace:
    def test_cross_entropy_is_lowest_where_it_is_by_hand(self):
        # Black images, six of ten of class 0: the best bias is ln(6 / 4) = 0.405. The
        # first step is 0, the second 1; the slope has nothing to learn from.
        images = pixels([0.0] * 10, [0] * 6 + [1] * 4)
        line = route((1.0, 0.0), (1.0, 0.0), (3.0, -1.0))
        found = fit_subspace(Line(), line, images, seed=0)
        assert found["bias"].tolist() == [0, pytest.approx(math.log(1.5), abs=0.005)]
        assert found["fc"].tolist() == [0, 0]
        assert found["norm"].tolist() == [0, 0]

    def test_the_seed_decides_the_order_and_the_fit(self):
        rng = np.random.default_rng(0)
        images = pixels(rng.random(600), rng.integers(0, 2, 600))
        line = route((1.0, 0.5), (0.5, 0.0))
        first, again, other = (
            fit_subspace(Line(), line, images, seed=seed)["fc"] for seed in (0, 0, 1)
        )
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


@pytest.fixture
def store(make_ladder, tmp_path):
    """The trajectory of two stages on the tiny data set."""
    ladder, start, paths = make_ladder(), None, []
    for stage, samples in enumerate((24, 12)):
        start = ladder.train_stage(
            samples=samples, purpose="forgetting", stage=stage, start=start
        )
        paths.append(tmp_path / f"stage-{stage}.safetensors")
        save_checkpoint(paths[-1], start.state, start.facts)
    path = tmp_path / "trajectory.zarr.zip"
    export_trajectory(path, paths, run="tiny-s0", code="")
    return path


@pytest.mark.parametrize("fit", ["line-search", "subspace"])
class TestRuns:
    @pytest.fixture
    def fitted(self, fit, store, dataset_file, config):
        return lambda: combine(fit, store, dataset_file, config, device=CPU)

    def test_two_runs_give_the_same_bits(self, fitted, same):
        (first, facts), (again, facts_again) = fitted(), fitted()
        same(first, again)
        assert facts == facts_again

    def test_the_file_holds_what_the_card_says(
        self, fitted, fit, store, dataset_file, config
    ):
        state, facts = fitted()
        assert (facts["fit"], facts["run"]) == (fit, "tiny-s0")
        assert set(facts["coefficients"]) == {"conv", "fc", "bias", "norm"}
        ladder = Ladder.read(dataset_file, config, device=CPU)
        network = ladder.network(state)
        # The even-indexed of ten test images.
        chooses = Images(
            ladder.test.pixels_NCHW[::2],
            ladder.test.labels_N[::2],
            ladder.test.mean_CHW,
        )
        assert facts["held_out"]["images"] == 5
        assert facts["held_out"]["accuracy"] == accuracy(network, chooses)

    def test_statistics_are_those_of_d_0(self, fitted, dataset_file, config, same):
        state, _ = fitted()
        ladder = Ladder.read(dataset_file, config, device=CPU)
        network = ladder.network(state)
        recalibrate_norms(network, ladder.images)
        same(dict(network.state_dict()), state)
