"""The networks of convolutions, and the MLP, are built as their sources say."""

import pytest
import torch
from torch import nn

from know.errors import KnowError
from know.weights.kinds import PREDICTED_KINDS, tensor_kinds

# Weights of every convolution and dense layer, head included.
SHAPES = {
    # Growth 8 from a stem of 16; 40 channels are halved to 20.
    "densenet-small": [
        *[(16, 3, 3, 3), (8, 16, 3, 3), (8, 24, 3, 3), (8, 32, 3, 3), (20, 40, 1, 1)],
        *[(8, 20, 3, 3), (8, 28, 3, 3), (8, 36, 3, 3), (10, 44)],
    ],
    "mlp": [(32, 3 * 16 * 16), (32, 32), (10, 32)],
    # Widened four times; a depthwise convolution reads one channel.
    "mobilenetv2-small": [
        (10, 3, 3, 3),
        *[(40, 10, 1, 1), (40, 1, 3, 3), (10, 40, 1, 1)],
        *[(40, 10, 1, 1), (40, 1, 3, 3), (20, 40, 1, 1)],
        *[(80, 20, 1, 1), (80, 1, 3, 3), (20, 80, 1, 1)],
        *[(160, 20, 1, 1), (10, 160)],
    ],
    # The shortcut has a convolution only where the shape changes.
    "resnet-small": [
        *[(8, 3, 3, 3), (8, 8, 3, 3), (8, 8, 3, 3)],
        *[(16, 8, 3, 3), (16, 16, 3, 3), (16, 8, 1, 1)],
        *[(32, 16, 3, 3), (32, 32, 3, 3), (32, 16, 1, 1), (10, 32)],
    ],
    "shufflenetv2-small": [
        *[(20, 3, 3, 3), (10, 10, 1, 1), (10, 1, 3, 3), (10, 10, 1, 1)],
        *[(20, 1, 3, 3), (20, 20, 1, 1), (20, 20, 1, 1), (20, 1, 3, 3)],
        *[(20, 20, 1, 1), (20, 20, 1, 1), (20, 1, 3, 3), (20, 20, 1, 1)],
        *[(160, 40, 1, 1), (10, 160)],
    ],
    # The channels of the authors' sample script.
    "simplenet": [
        *[(8, 3, 3, 3), (16, 8, 3, 3), (32, 16, 3, 3), (32, 32, 3, 3)],
        *[(64, 32), (10, 64)],
    ],
}


def residual_branches(network):
    """Last layers of the residual branches, and whether a shortcut lies beside each."""
    for block in network.modules():
        if hasattr(block, "has_shortcut"):
            yield block.narrow, block.has_shortcut
        elif hasattr(block, "shortcut") and hasattr(block, "residual"):
            yield block.last_convolution, True


def images(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_has_layers_of_these_shapes(name, build):
    parameters = build(name, norm=False).parameters()
    assert [tuple(p.shape) for p in parameters if p.ndim > 1] == SHAPES[name]


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("name", ["mobilenetv2-small", "resnet-small"])
def test_branches_beside_a_shortcut_start_small_without_norm(name, norm, build):
    branches = list(residual_branches(build(name, norm=norm, width=32)))
    assert len(branches) == 3
    num_damped = sum(has_shortcut for _, has_shortcut in branches)
    for layer, has_shortcut in branches:
        share = num_damped**-0.5 if has_shortcut and not norm else 1
        he_normal = (2 / layer.weight[0].numel()) ** 0.5
        found = float(layer.weight.detach().std())
        assert found == pytest.approx(share * he_normal, rel=0.05)


class TestBlocks:
    def test_a_dense_layer_hands_on_its_input(self, build):
        layer, features_BCHW = build("densenet-small").body[1], images(2, 16, 8, 8)
        joined_BCHW = layer(features_BCHW)
        assert joined_BCHW.shape == (2, 24, 8, 8)
        assert torch.equal(joined_BCHW[:, :16], features_BCHW)

    def test_an_inverted_residual_adds_to_its_input_where_it_keeps_the_shape(
        self, build
    ):
        _, first, second, third, *_ = build("mobilenetv2-small", norm=False).body
        for block, channels in ((first, 10), (third, 20)):
            nn.init.zeros_(block.narrow.weight)
            features_BCHW = images(2, channels, 4, 4)
            assert torch.equal(block(features_BCHW), features_BCHW)
        narrowed_BCHW = second(images(2, 10, 8, 8))
        assert narrowed_BCHW.shape == (2, 20, 4, 4)
        assert (narrowed_BCHW < 0).any()  # a bottleneck is linear

    def test_a_shuffle_unit_interleaves_kept_and_convolved_channels(self, build):
        unit, features_BCHW = build("shufflenetv2-small").body[1], images(2, 20, 8, 8)
        shuffled_BCHW = unit(features_BCHW)
        assert torch.equal(shuffled_BCHW[:, 0::2], features_BCHW[:, :10])
        assert torch.equal(shuffled_BCHW[:, 1::2], unit.branch(features_BCHW[:, 10:]))


class TestResNet18:
    @pytest.fixture
    def paper(self, build):
        return build("resnet18", num_classes=100, image_size=32)

    def test_has_the_weights_that_the_paper_predicts(self, paper):
        kinds, state = tensor_kinds(paper.state_dict()), paper.state_dict()
        predicted = [n for n, kind in kinds.items() if kind in PREDICTED_KINDS]
        assert sum(state[name].numel() for name in predicted) == 11_223_012

    def test_makes_34_pixels_of_32_in_the_stem(self, paper):
        assert paper.body[:4](torch.zeros(1, 3, 32, 32)).shape == (1, 64, 34, 34)

    def test_norms_have_the_defaults_of_keras(self, paper):
        norms = [m for m in paper.modules() if isinstance(m, nn.BatchNorm2d)]
        assert {(norm.momentum, norm.eps) for norm in norms} == {(0.01, 1e-3)}
        assert sum(norm.num_features for norm in norms) == 4_800


def test_simplenet_takes_images_whose_side_is_no_multiple_of_16(build):
    network = build("simplenet", image_size=27)
    assert network(torch.zeros(1, 3, 27, 27)).shape == (1, 10)


def test_simplenet_refuses_images_that_it_would_pool_to_nothing(build):
    with pytest.raises(KnowError, match="16 pixels or more, got 15"):
        build("simplenet", image_size=15)
