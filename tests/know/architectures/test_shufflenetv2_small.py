import pytest
import torch

from know.errors import KnowError


def test_a_unit_hands_on_half_of_its_channels_and_shuffles(build):
    unit = build("shufflenetv2-small").body[1]
    features_BCHW = torch.randn(2, 20, 8, 8, generator=torch.Generator())
    shuffled_BCHW = unit(features_BCHW)
    # Kept and convolved channels take turns.
    assert torch.equal(shuffled_BCHW[:, 0::2], features_BCHW[:, :10])
    assert torch.equal(shuffled_BCHW[:, 1::2], unit.branch(features_BCHW[:, 10:]))


def test_downsampling_doubles_the_channels_and_halves_the_side(build):
    unit = build("shufflenetv2-small").body[2]
    assert unit(torch.zeros(2, 20, 8, 8)).shape == (2, 40, 4, 4)


def test_refuses_an_odd_width(build):
    with pytest.raises(KnowError, match="wants an even width, got 7"):
        build("shufflenetv2-small", width=7)
