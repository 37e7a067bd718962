"""Stages of several networks as one stack, against the same networks one by one."""

from dataclasses import replace

import pytest
import torch

from know.forgetting.several import train_stages
from know.training.settings import Phase

RATES = (0.003, 0.001, 0.0003)


@pytest.fixture
def ladders(make_ladder):
    """Three ladders that differ in seed and learning rate alone."""

    def make(rates=RATES):
        made = []
        for seed, rate in enumerate(rates):
            # Without norm layers no gradient is zero up to rounding.
            ladder = make_ladder(seed=seed, options={"width": 2, "norm": False})
            phase = Phase(epochs=2, learning_rate=rate, schedule="cosine")
            training = replace(ladder.settings.training, phases=(phase,))
            ladder.settings = replace(ladder.settings, training=training)
            made.append(ladder)
        return made

    return make


def test_a_stack_takes_the_path_that_each_network_takes_alone(ladders):
    stacked = train_stages(ladders(), rate=0.5, stages=3)
    for found, ladder in zip(stacked, ladders(), strict=True):
        [alone] = train_stages([ladder], rate=0.5, stages=3)
        assert [stage.facts["samples"] for stage in found] == [24, 12, 6]
        for one, other in zip(found, alone, strict=True):
            assert one.facts == other.facts
            for name, value in one.state.items():
                torch.testing.assert_close(
                    value, other.state[name], rtol=0, atol=1e-5, msg=name
                )


def test_a_network_that_diverges_ends_alone(ladders):
    good, bad = ladders((0.003, 0.001))
    phase = Phase(epochs=2, learning_rate=float("inf"), schedule="constant")
    training = replace(bad.settings.training, phases=(phase,))
    bad.settings = replace(bad.settings, training=training)
    found, error = train_stages([good, bad], rate=0.5, stages=2)
    assert len(found) == 2
    assert isinstance(error, ValueError)
    [alone] = train_stages([ladders((0.003,))[0]], rate=0.5, stages=2)
    for name, value in found[-1].state.items():
        torch.testing.assert_close(value, alone[-1].state[name], rtol=0, atol=1e-5)


def test_stages_go_on_from_the_one_before(ladders):
    [ladder] = ladders((0.003,))
    [both] = train_stages([ladder], rate=0.5, stages=2)
    second = ladder.train_stage(
        samples=12,
        purpose="forgetting",
        stage=1,
        start=both[0].state,
        optimizer_state=both[0].optimizer_state,
    )
    for name, value in second.state.items():
        assert torch.equal(value, both[1].state[name])
