import numpy as np
import pytest
import torch
from torch import nn

from know.training import norms
from know.training.images import put_images
from know.training.norms import recalibrate_norms, start_norms


@pytest.fixture
def grey():
    """Five images of one pixel, whose red is 0, 1, 4, 5 and 9 parts of 255."""
    pixels = np.zeros((5, 1, 1, 3), dtype=np.uint8)
    pixels[:, 0, 0, 0] = [0, 1, 4, 5, 9]
    zero = torch.zeros(3, 1, 1)
    return put_images(pixels, np.zeros(5), device=torch.device("cpu"), mean_CHW=zero)


@pytest.fixture
def norm():
    layer = nn.BatchNorm2d(3, momentum=0.3)
    with torch.no_grad():
        for value in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
            value.fill_(7)
    return layer


def test_a_reset_leaves_every_other_layer_alone(make_network):
    network = nn.Sequential(make_network(norm=False), nn.LayerNorm(3))
    nn.init.constant_(network[1].weight, 7)
    before = {n: value.clone() for n, value in network.state_dict().items()}
    start_norms(network, "fresh", None)
    after = network.state_dict()
    assert all(torch.equal(after[n], before[n]) for n in before)


class TestRecalibrate:
    def test_statistics_are_mean_and_unbiased_variance_of_one_batch(self, norm, grey):
        recalibrate_norms(nn.Sequential(norm), grey.first(4))
        # Red: mean 10 / 4; squares of the deviations 6.25, 2.25, 2.25, 6.25, over 3.
        assert float(norm.running_mean[0]) * 255 == pytest.approx(2.5)
        assert float(norm.running_var[0]) * 255**2 == pytest.approx(17 / 3)

    def test_batches_are_averaged(self, norm, grey, monkeypatch):
        monkeypatch.setattr(norms, "_LARGEST_BATCH", 2)
        recalibrate_norms(nn.Sequential(norm), grey.first(4))
        # Means 0.5 and 4.5, variances 0.5 and 0.5.
        assert float(norm.running_mean[0]) * 255 == pytest.approx(2.5)
        assert float(norm.running_var[0]) * 255**2 == pytest.approx(0.5)

    def test_a_last_batch_of_one_image_is_left_out(self, norm, grey, monkeypatch):
        monkeypatch.setattr(norms, "_LARGEST_BATCH", 2)
        recalibrate_norms(nn.Sequential(norm), grey)
        assert float(norm.running_mean[0]) * 255 == pytest.approx(2.5)

    def test_scale_shift_and_momentum_stay(self, norm, grey):
        recalibrate_norms(nn.Sequential(norm), grey)
        assert norm.weight.tolist() == norm.bias.tolist() == [7, 7, 7]
        assert norm.momentum == 0.3

    def test_statistics_are_of_all_values_whatever_dropout_leaves_out(self, norm, grey):
        network = nn.Sequential(nn.Dropout(0.9), norm)
        recalibrate_norms(network, grey.first(4))
        assert float(norm.running_mean[0]) * 255 == pytest.approx(2.5)
        assert network[0].training

    @pytest.mark.parametrize(("side", "passes"), [(32, [40]), (200, [26, 14])])
    def test_large_pictures_pass_in_smaller_batches(self, norm, side, passes):
        pixels = np.zeros((40, side, side, 3), dtype=np.uint8)
        images = put_images(pixels, np.zeros(40), device=torch.device("cpu"))
        sizes = []
        norm.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))
        recalibrate_norms(nn.Sequential(norm), images)
        assert sizes == passes
