from functools import partial

import pytest
import torch

from know.training.optimizers import OPTIMIZERS

THEIRS = {
    "adam": partial(torch.optim.Adam, fused=True),
    "sgd": partial(torch.optim.SGD, momentum=0.9, foreach=False),
}


@pytest.fixture
def inputs():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(4, 4, 3, 16, 16, generator=generator)


def descend(network, batch, step):
    network.zero_grad(set_to_none=True)
    network(batch).square().sum().backward()
    step()


@pytest.mark.parametrize("name", OPTIMIZERS)
class TestEveryOptimizer:
    @pytest.mark.parametrize("frozen", [(), ("body.0.weight", "head.bias")])
    def test_takes_the_steps_of_torch_optim(
        self, make_network, inputs, name, frozen, same
    ):
        ours, theirs = make_network(), make_network()
        for network in (ours, theirs):
            for parameter in frozen:
                network.get_parameter(parameter).requires_grad_(False)
        reference = THEIRS[name](theirs.parameters(), lr=0.001)
        optimizer = OPTIMIZERS[name](ours)
        for batch in inputs:
            descend(ours, batch, lambda: optimizer.step(0.001))
            descend(theirs, batch, reference.step)
            same(ours.state_dict(), theirs.state_dict())
        trained = dict(ours.named_parameters()).keys() - set(frozen)
        assert set(optimizer.optimizer_state) == {
            f"{quantity}/{parameter}"
            for parameter in trained
            for quantity in optimizer.quantities
        }

    def test_continues_from_its_state_as_if_it_had_not_stopped(
        self, make_network, inputs, name, same
    ):
        network, stopped = make_network(), make_network()
        optimizer, first_half = OPTIMIZERS[name](network), OPTIMIZERS[name](stopped)
        for batch in inputs[:2]:
            descend(network, batch, lambda: optimizer.step(0.001))
            descend(stopped, batch, lambda: first_half.step(0.001))
        given = first_half.optimizer_state
        before = {path: value.clone() for path, value in given.items()}
        second_half = OPTIMIZERS[name](stopped, optimizer_state=given)
        for batch in inputs[2:]:
            descend(network, batch, lambda: optimizer.step(0.001))
            descend(stopped, batch, lambda: second_half.step(0.001))
        same(stopped.state_dict(), network.state_dict())
        same(second_half.optimizer_state, optimizer.optimizer_state)
        same(given, before)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        # 2 - 0.1 (3 + 0.5 2); then 1.6 - 0.1 (0.9 4 - 1 + 0.5 1.6).
        ("sgd", [1.6, 1.26]),
        # 2 (1 - 0.1 0.5) - 0.1 3 / 3; then 1.8 0.95 - 0.1 m / v, of m = (0.27 - 0.1) /
        # 0.19 and v^2 = (0.008991 + 0.001) / 0.001999.
        ("adam", [1.8, 1.66998]),
    ],
)
def test_steps_with_weight_decay_by_hand(name, wanted):
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 2.0)
    optimizer = OPTIMIZERS[name](network, weight_decay=0.5)
    for gradient, value in zip((3.0, -1.0), wanted, strict=True):
        network.weight.grad = torch.full((1, 1), gradient)
        optimizer.step(0.1)
        assert network.weight.item() == pytest.approx(value, abs=1e-5)
