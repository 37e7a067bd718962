import pytest
import torch
from torch import nn

from know.architectures import build_network
from know.weights.kinds import PREDICTED_KINDS, tensor_kinds


@pytest.fixture(scope="module")
def paper():
    return build_network("resnet18", num_classes=100, image_size=32, seed=0)


def predicted_weights(network):
    kinds, state = tensor_kinds(network), network.state_dict()
    return sum(state[n].numel() for n, kind in kinds.items() if kind in PREDICTED_KINDS)


def test_has_the_weights_that_the_paper_predicts(paper):
    assert predicted_weights(paper) == 11_223_012


def test_has_4800_norm_channels(paper):
    norms = [m for m in paper.modules() if isinstance(m, nn.BatchNorm2d)]
    assert sum(norm.num_features for norm in norms) == 4_800


def test_drops_a_bias_a_channel_where_convolutions_have_none():
    network = build_network(
        "resnet18",
        num_classes=100,
        image_size=32,
        seed=0,
        options={"conv_bias": False},
    )
    assert predicted_weights(network) == 11_223_012 - 4_800


def test_makes_34_pixels_of_32_in_the_stem(paper):
    assert paper.body[:4](torch.zeros(1, 3, 32, 32)).shape == (1, 64, 34, 34)


def test_norms_have_the_defaults_of_keras(paper):
    norms = [m for m in paper.modules() if isinstance(m, nn.BatchNorm2d)]
    assert {(norm.momentum, norm.eps) for norm in norms} == {(0.01, 1e-3)}


def test_kernels_are_he_normal_and_biases_zero(paper):
    kernel = paper.body[6].residual[3]  # 128 channels, 3x3
    expected = (2 / (128 * 9)) ** 0.5
    assert float(kernel.weight.detach().std()) == pytest.approx(expected, rel=0.02)
    assert not kernel.bias.any()
