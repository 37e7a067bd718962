"""Each network of a stack against its own optimizer of `know.training`."""

import pytest
import torch
from torch import nn

from know.training.adam import Adam
from know.training.sgd import Sgd
from know.training.stacked_optimizers import STACKED_OPTIMIZERS

LONE_OPTIMIZERS = {"adam": Adam, "sgd": Sgd}
RATES = (0.01, 0.1, 0.0)
STEPS = 4


def gradients_of(step):
    """Different gradients of three networks, by parameter."""
    generator = torch.Generator().manual_seed(step)
    return {
        "weight": torch.randn(3, 2, 4, generator=generator),
        "bias": torch.randn(3, 2, generator=generator),
    }


def layers():
    """Three dense layers with different weights."""
    made = []
    for seed in range(3):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            made.append(nn.Linear(4, 2))
    return made


def train_alone(
    name, network, index, steps, *, optimizer_state=None, frozen=(), decay=0.0
):
    """Moments after `steps`, which set the gradients of `gradients_of`."""
    optimizer = LONE_OPTIMIZERS[name](
        network, optimizer_state=optimizer_state, weight_decay=decay
    )
    for step in steps:
        for parameter, gradient in gradients_of(step).items():
            value = None if parameter in frozen else gradient[index].clone()
            network.get_parameter(parameter).grad = value
        optimizer.step(RATES[index])
    return optimizer.optimizer_state


def train_stacked(name, networks, steps, *, optimizer_state=None, frozen=(), decay=0.0):
    """Stacked parameters and each network's optimizer_state after the same steps."""
    parameters = {
        key: torch.stack([n.get_parameter(key).detach() for n in networks])
        for key in ("weight", "bias")
    }
    optimizer = STACKED_OPTIMIZERS[name](
        parameters, optimizer_state=optimizer_state or [{}] * 3, weight_decay=decay
    )
    for step in steps:
        for key, gradient in gradients_of(step).items():
            parameters[key].grad = None if key in frozen else gradient
        optimizer.step(torch.tensor(RATES, dtype=torch.float64))
    return parameters, [optimizer.optimizer_state_of(index) for index in range(3)]


def close(found, wanted):
    """Whether tensors of the same names agree but for the last bits of float32."""
    torch.testing.assert_close(dict(found), dict(wanted), rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("name", sorted(STACKED_OPTIMIZERS))
class TestEveryStackedOptimizer:
    @pytest.mark.parametrize("decay", [0.0, 0.1])
    @pytest.mark.parametrize("frozen", [(), ("bias",)])
    def test_moves_each_network_as_its_own_optimizer_would(self, name, decay, frozen):
        options = {"decay": decay, "frozen": frozen}
        parameters, optimizer_state = train_stacked(
            name, layers(), range(STEPS), **options
        )
        for index, network in enumerate(layers()):
            wanted = train_alone(name, network, index, range(STEPS), **options)
            close({k: v[index] for k, v in parameters.items()}, network.state_dict())
            close(optimizer_state[index], wanted)

    def test_continues_from_the_optimizer_state_of_networks_of_different_ages(
        self, name
    ):
        networks, references = layers(), layers()
        young = train_alone(name, layers()[1], 1, [7])
        old = train_alone(name, layers()[2], 2, [7, 8, 9])
        given = [{}, young, old]
        parameters, optimizer_state = train_stacked(
            name, networks, range(STEPS), optimizer_state=given
        )
        for index, network in enumerate(references):
            wanted = train_alone(
                name, network, index, range(STEPS), optimizer_state=given[index]
            )
            close({k: v[index] for k, v in parameters.items()}, network.state_dict())
            close(optimizer_state[index], wanted)

    def test_leaves_the_optimizer_state_it_was_given_alone(self, name):
        given = [train_alone(name, layers()[m], m, [7]) for m in range(3)]
        before = [{k: v.clone() for k, v in state.items()} for state in given]
        train_stacked(name, layers(), range(2), optimizer_state=given)
        for state, copy in zip(given, before, strict=True):
            assert all(torch.equal(state[key], copy[key]) for key in copy)

    def test_has_no_optimizer_state_of_what_never_moved(self, name):
        _, optimizer_state = train_stacked(name, layers(), range(2), frozen=("bias",))
        assert optimizer_state[0]
        assert [key for key in optimizer_state[0] if key.endswith("bias")] == []

    def test_keeps_what_is_not_finite_within_its_network(self, name):
        networks = layers()
        with torch.no_grad():
            networks[1].weight.fill_(float("nan"))
        parameters, _ = train_stacked(name, networks, range(2), decay=0.1)
        assert parameters["weight"].isnan().any((1, 2)).tolist() == [False, True, False]


def test_optimizer_state_are_copies_that_further_steps_leave_alone():
    parameters = {"weight": torch.ones(2, 3)}
    optimizer = STACKED_OPTIMIZERS["sgd"](
        parameters, optimizer_state=[{}, {}], weight_decay=0.0
    )
    parameters["weight"].grad = torch.ones(2, 3)
    optimizer.step(torch.tensor([0.1, 0.1]))
    optimizer_state = optimizer.optimizer_state_of(0)
    optimizer.step(torch.tensor([0.1, 0.1]))
    assert optimizer_state["momentum_buffer/weight"].tolist() == [1, 1, 1]
