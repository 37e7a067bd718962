import re

import pytest
import torch
from torch import nn

from know.architectures import ARCHITECTURES, build_network
from know.errors import KnowError


def build(name, *, num_classes=3, seed=0, options=None):
    return build_network(
        name, num_classes=num_classes, image_size=16, seed=seed, options=options
    )


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
class TestEveryArchitecture:
    """Contract that training and tasks rely on, run over whatever is registered."""

    def test_ends_in_a_linear_head_of_one_logit_a_class(self, name):
        network = build(name, num_classes=5)
        assert type(network.head) is nn.Linear
        assert network(torch.zeros(2, 3, 16, 16)).shape == (2, 5)

    def test_starts_from_the_seed_alone(self, name):
        first = build(name, seed=1).state_dict()
        torch.rand(3)
        again, other = build(name, seed=1).state_dict(), build(name, seed=2)
        assert all(torch.equal(first[key], again[key]) for key in first)
        assert not torch.equal(first["head.weight"], other.head.weight)

    def test_leaves_the_global_generator_alone(self, name):
        before = torch.random.get_rng_state()
        build(name).replace_head(4, seed=0)
        assert torch.equal(torch.random.get_rng_state(), before)

    def test_takes_the_state_of_another_of_its_kind(self, name):
        source, target = build(name, seed=1), build(name, seed=2)
        target.load_state_dict(source.state_dict(), strict=True)
        assert torch.equal(source.head.weight, target.head.weight)

    def test_is_in_training_mode_and_float32(self, name):
        network = build(name)
        assert network.training
        assert {parameter.dtype for parameter in network.parameters()} == {
            torch.float32
        }

    def test_replaces_the_head_and_nothing_else(self, name):
        network = build(name)
        before = {n: value.clone() for n, value in network.body.state_dict().items()}
        network.replace_head(7, seed=3)
        head = network.head.weight.clone()
        network.replace_head(7, seed=3)
        assert head.shape[0] == 7
        assert torch.equal(network.head.weight, head)
        after = network.body.state_dict()
        assert all(torch.equal(after[n], before[n]) for n in before)

    def test_names_itself_when_it_refuses_an_option(self, name):
        wanted = f"architecture '{name}' with {{'depth': 3}}: .*'depth'"
        with pytest.raises(KnowError, match=wanted):
            build(name, options={"depth": 3})


def test_an_unknown_architecture_is_answered_with_those_there_are():
    wanted = re.escape("among resnet-small, resnet18, simplenet, got 'vgg'")
    with pytest.raises(KnowError, match=wanted):
        build("vgg")
