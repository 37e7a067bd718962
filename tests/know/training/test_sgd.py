import pytest
import torch

from know.training.sgd import Sgd


@pytest.fixture
def inputs():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(4, 4, 3, 16, 16, generator=generator)


def descend(network, batch, step):
    network.zero_grad(set_to_none=True)
    network(batch).square().sum().backward()
    step()


@pytest.mark.parametrize("weight_decay", [0, 0.1])
@pytest.mark.parametrize("frozen", [(), ("body.0.weight", "head.bias")])
def test_every_step_is_that_of_torch_optim(
    make_network, inputs, frozen, weight_decay, same
):
    ours, theirs = make_network(), make_network()
    for network in (ours, theirs):
        for name in frozen:
            network.get_parameter(name).requires_grad_(False)
    reference = torch.optim.SGD(
        theirs.parameters(),
        lr=0.001,
        momentum=0.9,
        weight_decay=weight_decay,
        foreach=False,
    )
    optimizer = Sgd(ours, weight_decay=weight_decay)
    for batch in inputs:
        descend(ours, batch, lambda: optimizer.step(0.001))
        descend(theirs, batch, reference.step)
        same(ours.state_dict(), theirs.state_dict())


def test_steps_by_hand():
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 2.0)
    optimizer = Sgd(network, weight_decay=0.5)
    for gradient, wanted in ((3.0, 1.6), (-1.0, 1.26)):
        network.weight.grad = torch.full((1, 1), gradient)
        optimizer.step(0.1)
        # 2 - 0.1 (3 + 0.5 2); then 1.6 - 0.1 (0.9 4 - 1 + 0.5 1.6).
        assert network.weight.item() == pytest.approx(wanted)


def test_frozen_parameters_stay_and_have_no_momentum(make_network, inputs):
    network = make_network()
    before = network.head.weight.detach().clone()
    network.head.weight.requires_grad_(False)
    optimizer = Sgd(network, weight_decay=0.1)
    descend(network, inputs[0], lambda: optimizer.step(0.001))
    assert torch.equal(network.head.weight, before)
    assert "momentum_buffer/head.weight" not in optimizer.optimizer_state
    assert "momentum_buffer/head.bias" in optimizer.optimizer_state


def test_goes_on_from_its_optimizer_state_as_if_it_had_not_stopped(
    make_network, inputs, same
):
    network, stopped = make_network(), make_network()
    optimizer, first_half = Sgd(network), Sgd(stopped)
    for batch in inputs[:2]:
        descend(network, batch, lambda: optimizer.step(0.001))
        descend(stopped, batch, lambda: first_half.step(0.001))
    second_half = Sgd(stopped, optimizer_state=first_half.optimizer_state)
    for batch in inputs[2:]:
        descend(network, batch, lambda: optimizer.step(0.001))
        descend(stopped, batch, lambda: second_half.step(0.001))
    same(stopped.state_dict(), network.state_dict())
    same(second_half.optimizer_state, optimizer.optimizer_state)


def test_does_not_change_the_optimizer_state_it_was_given(make_network, inputs):
    network = make_network()
    earlier = Sgd(network)
    descend(network, inputs[0], lambda: earlier.step(0.001))
    before = {name: value.clone() for name, value in earlier.optimizer_state.items()}
    later = Sgd(network, optimizer_state=earlier.optimizer_state)
    descend(network, inputs[1], lambda: later.step(0.001))
    assert all(
        torch.equal(earlier.optimizer_state[name], before[name]) for name in before
    )


def test_optimizer_state_bear_the_names_of_the_parameters(make_network, inputs):
    network = make_network()
    optimizer = Sgd(network)
    assert optimizer.optimizer_state == {}
    descend(network, inputs[0], lambda: optimizer.step(0.001))
    wanted = {f"momentum_buffer/{name}" for name, _ in network.named_parameters()}
    assert set(optimizer.optimizer_state) == wanted


def test_other_optimizers_optimizer_state_are_passed_over(make_network):
    network = make_network()
    optimizer = Sgd(network, optimizer_state={"exp_avg/head.bias": torch.ones(3)})
    assert optimizer.optimizer_state == {}
