import pytest
from torch import nn


def test_has_dense_layers_of_one_width_behind_the_pixels(build):
    shapes = [tuple(p.shape) for p in build("mlp", norm=False).parameters()]
    assert shapes == [(32, 3 * 16 * 16), (32,), (32, 32), (32,), (10, 32), (10,)]


@pytest.mark.parametrize("depth", [1, 3])
def test_is_as_deep_as_told(build, depth):
    dense = [m for m in build("mlp", depth=depth).modules() if type(m) is nn.Linear]
    assert len(dense) == depth + 1  # and the head


def test_a_layernorm_follows_each_dense_layer(build):
    layers = [type(layer) for layer in build("mlp").body]
    assert layers == [nn.Flatten, *(nn.Linear, nn.LayerNorm, nn.ReLU) * 2]


def test_dense_layers_are_he_normal_with_zero_biases(build):
    first = build("mlp").body[1]
    expected = (2 / (3 * 16 * 16)) ** 0.5
    assert float(first.weight.detach().std()) == pytest.approx(expected, rel=0.02)
    assert not first.bias.any()
