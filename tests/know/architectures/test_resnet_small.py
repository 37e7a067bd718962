import pytest
import torch
from torch import nn


def test_stages_have_1_2_and_4_times_the_width(build):
    network = build("resnet-small", width=2)
    assert network.head.in_features == 8
    assert network.body[:-2](torch.zeros(1, 3, 16, 16)).shape == (1, 8, 4, 4)


def test_a_shortcut_is_convolved_only_where_the_shape_changes(build):
    shortcuts = [
        type(block.shortcut)
        for block in build("resnet-small").body
        if hasattr(block, "shortcut")
    ]
    assert shortcuts == [nn.Identity, nn.Sequential, nn.Sequential]


@pytest.mark.parametrize(("norm", "share"), [(True, 1.0), (False, 3**-0.5)])
def test_branches_start_small_without_norm(build, norm, share):
    blocks = [
        block
        for block in build("resnet-small", width=16, norm=norm).body
        if hasattr(block, "shortcut")
    ]
    stds = [float(block.residual[3].weight.detach().std()) for block in blocks]
    he_normal = [(2 / (9 * channels)) ** 0.5 for channels in (16, 32, 64)]
    assert stds == pytest.approx([share * std for std in he_normal], rel=0.05)
