import pytest
import torch
from torch import nn


def inverted_residuals(network):
    return [block for block in network.body if hasattr(block, "narrow")]


def test_widens_four_times_and_convolves_each_channel_alone(build):
    block = inverted_residuals(build("mobilenetv2-small", width=8))[1]
    assert block.widen[0].weight.shape == (32, 8, 1, 1)
    assert block.depthwise[0].weight.shape == (32, 1, 3, 3)
    assert block.narrow.weight.shape == (16, 32, 1, 1)


def test_a_block_that_keeps_its_shape_adds_to_its_input(build):
    first, second, third = inverted_residuals(build("mobilenetv2-small", norm=False))
    for block, channels in ((first, 10), (third, 20)):
        nn.init.zeros_(block.narrow.weight)
        features_BCHW = torch.randn(2, channels, 4, 4, generator=torch.Generator())
        assert torch.equal(block(features_BCHW), features_BCHW)
    assert second(torch.zeros(2, 10, 8, 8)).shape == (2, 20, 4, 4)


def test_a_bottleneck_is_linear(build):
    block = inverted_residuals(build("mobilenetv2-small", norm=False))[1]
    narrowed = block(torch.randn(2, 10, 8, 8, generator=torch.Generator()))
    assert (narrowed < 0).any()


@pytest.mark.parametrize(("norm", "share"), [(True, 1.0), (False, 0.5**0.5)])
def test_last_convolutions_beside_a_shortcut_start_small_without_norm(
    build, norm, share
):
    blocks = inverted_residuals(build("mobilenetv2-small", norm=norm, width=32))
    stds = [float(block.narrow.weight.detach().std()) for block in blocks]
    he_normal = [(2 / (4 * channels)) ** 0.5 for channels in (32, 32, 64)]
    expected = [share * he_normal[0], he_normal[1], share * he_normal[2]]
    assert stds == pytest.approx(expected, rel=0.04)
