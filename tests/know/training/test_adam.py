import pytest
import torch

from know.training.adam import Adam


@pytest.fixture
def inputs():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(5, 4, 3, 16, 16, generator=generator)


def descend(network, batch, step):
    network.zero_grad(set_to_none=True)
    network(batch).square().sum().backward()
    step()


@pytest.mark.parametrize("frozen", [(), ("body.0.weight", "head.bias")])
def test_every_step_is_that_of_torch_optim(make_network, inputs, frozen, same):
    ours, theirs = make_network(), make_network()
    for network in (ours, theirs):
        for name in frozen:
            network.get_parameter(name).requires_grad_(False)
    reference = torch.optim.Adam(theirs.parameters(), lr=0.01, fused=True)
    optimizer = Adam(ours)
    for batch in inputs:
        descend(ours, batch, lambda: optimizer.step(0.01))
        descend(theirs, batch, reference.step)
        same(ours.state_dict(), theirs.state_dict())


def test_weight_decay_is_adamws(make_network, inputs):
    ours, theirs = make_network(), make_network()
    for network in (ours, theirs):
        network.head.bias.requires_grad_(False)
    reference = torch.optim.AdamW(
        theirs.parameters(), lr=0.01, weight_decay=0.3, fused=True
    )
    optimizer = Adam(ours, weight_decay=0.3)
    for batch in inputs:
        descend(ours, batch, lambda: optimizer.step(0.01))
        descend(theirs, batch, reference.step)
        for name, value in theirs.state_dict().items():
            torch.testing.assert_close(
                ours.state_dict()[name], value, rtol=1e-5, atol=1e-6
            )
    undecayed = make_network()
    assert torch.equal(ours.head.bias, undecayed.head.bias)


def test_frozen_parameters_stay_and_have_no_optimizer_state(make_network, inputs):
    network = make_network()
    before = network.head.weight.detach().clone()
    network.head.weight.requires_grad_(False)
    optimizer = Adam(network)
    descend(network, inputs[0], lambda: optimizer.step(0.01))
    assert torch.equal(network.head.weight, before)
    assert "exp_avg/head.weight" not in optimizer.optimizer_state
    assert "exp_avg/head.bias" in optimizer.optimizer_state


def test_goes_on_from_its_optimizer_state_as_if_it_had_not_stopped(
    make_network, inputs, same
):
    network, stopped = make_network(), make_network()
    optimizer, first_half = Adam(network), Adam(stopped)
    for batch in inputs[:2]:
        descend(network, batch, lambda: optimizer.step(0.01))
        descend(stopped, batch, lambda: first_half.step(0.01))
    second_half = Adam(stopped, optimizer_state=first_half.optimizer_state)
    for batch in inputs[2:]:
        descend(network, batch, lambda: optimizer.step(0.01))
        descend(stopped, batch, lambda: second_half.step(0.01))
    same(stopped.state_dict(), network.state_dict())
    same(second_half.optimizer_state, optimizer.optimizer_state)


def test_does_not_change_the_optimizer_state_it_was_given(make_network, inputs):
    network = make_network()
    earlier = Adam(network)
    descend(network, inputs[0], lambda: earlier.step(0.01))
    before = {name: value.clone() for name, value in earlier.optimizer_state.items()}
    later = Adam(network, optimizer_state=earlier.optimizer_state)
    descend(network, inputs[1], lambda: later.step(0.01))
    assert all(
        torch.equal(earlier.optimizer_state[name], before[name]) for name in before
    )


def test_optimizer_state_bear_the_names_of_quantity_and_parameter(make_network, inputs):
    network = make_network()
    optimizer = Adam(network)
    assert optimizer.optimizer_state == {}
    descend(network, inputs[0], lambda: optimizer.step(0.01))
    wanted = {
        f"{quantity}/{name}"
        for name, _ in network.named_parameters()
        for quantity in ("exp_avg", "exp_avg_sq", "step")
    }
    assert set(optimizer.optimizer_state) == wanted
