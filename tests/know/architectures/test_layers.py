import pytest
import torch
from torch import nn

from know.architectures.layers import convolution, damp, he_normal, norm_layer


def test_a_norm_layer_is_a_batchnorm_of_default_momentum_or_nothing():
    norm = norm_layer(True)(4)
    assert isinstance(norm, nn.BatchNorm2d)
    assert (norm.num_features, norm.momentum) == (4, 0.1)
    assert isinstance(norm_layer(False)(4), nn.Identity)


@pytest.mark.parametrize(("stride", "side"), [(1, 7), (2, 4)])
def test_a_convolution_keeps_the_size_but_for_its_stride(stride, side):
    for kernel in (1, 3):
        layer = convolution(2, 5, kernel, norm=norm_layer(True), stride=stride)
        assert layer(torch.zeros(1, 2, 7, 7)).shape == (1, 5, side, side)


def test_a_depthwise_convolution_has_one_kernel_a_channel():
    layer = convolution(6, 6, 3, norm=norm_layer(False), groups=6)
    assert layer[0].weight.shape == (6, 1, 3, 3)


def test_he_normal_draws_kernels_by_what_an_output_reads_and_zeroes_biases():
    layer = nn.Conv2d(64, 64, 3, groups=2)
    he_normal(nn.Sequential(layer, nn.Conv2d(2, 2, 1, bias=False)))
    # 32 channels of 3x3.
    expected = (2 / (32 * 9)) ** 0.5
    assert float(layer.weight.detach().std()) == pytest.approx(expected, rel=0.02)
    assert not layer.bias.any()


def test_damp_halves_each_of_four_layers_and_spares_their_biases():
    layers = [nn.Linear(2, 2) for _ in range(4)]
    before = [(layer.weight.clone(), layer.bias.clone()) for layer in layers]
    damp(layers)
    for layer, (weight, bias) in zip(layers, before, strict=True):
        torch.testing.assert_close(layer.weight, weight / 2)
        assert torch.equal(layer.bias, bias)
        assert layer.weight.requires_grad
