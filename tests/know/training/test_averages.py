import pytest
import torch
from torch import nn

from know.training.averages import WeightAverages, decay_at


@pytest.fixture
def line():
    """A network of one weight."""
    return nn.Linear(1, 1, bias=False)


def weight(averages, name):
    return float(averages.state[f"{name}/module.weight"])


def test_the_exponential_average_moves_with_every_step(line):
    averages = WeightAverages(line, epochs=1)
    for value in (1.0, 2.0, 4.0):
        nn.init.constant_(line.weight, value)
        averages.step_done(line)
    # It keeps 2/11, then 3/12: (1 * 2/11 + 2 * 9/11) * 3/12 + 4 * 9/12
    assert weight(averages, "ema") == pytest.approx(20 / 44 + 3)


def test_the_exponential_average_forgets_its_start_and_then_decays_as_named():
    assert decay_at(1) == pytest.approx(2 / 11)
    assert decay_at(8980) < 0.999 == decay_at(8990)


def test_the_equal_average_is_of_the_ends_of_the_last_quarter(line):
    averages = WeightAverages(line, epochs=10)
    for epoch in range(1, 11):
        nn.init.constant_(line.weight, 2.0**epoch)
        averages.epoch_done(line, epoch)
    # A quarter of ten epochs, rounded up, are the last three.
    assert weight(averages, "swa") == pytest.approx((2**8 + 2**9 + 2**10) / 3)


def test_one_epoch_is_its_own_average(line):
    averages = WeightAverages(line, epochs=1)
    averages.epoch_done(line, 1)
    assert weight(averages, "swa") == line.weight.item()


def test_norm_layers_are_measured_anew_with_the_averaged_weights(make_network, images):
    network = make_network()
    averages = WeightAverages(network, epochs=2)
    for epoch, value in enumerate((1.0, 3.0), start=1):
        nn.init.constant_(network.body[0].weight, value)
        averages.step_done(network)
        averages.epoch_done(network, epoch)
    found = {name: network for name, network, _ in averages.networks(images)}
    assert set(found) == {"ema", "swa"}
    for network in found.values():
        outputs = network.body[0](images.batch(torch.arange(22)).inputs_BCHW)
        mean = network.body[1].running_mean
        torch.testing.assert_close(mean, outputs.mean((0, 2, 3)).detach())
