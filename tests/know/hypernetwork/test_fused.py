import math

import pytest
import torch

from know.hypernetwork import fused
from know.hypernetwork.models.known import Known


def strong(stages=5, scale=0.15):
    """A network whose every part matters: large weights, biases that are not zero."""
    generator = torch.Generator().manual_seed(0)
    model = Known(stages, generator=generator)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    return model


def windows(count, stages=5):
    return torch.randn(count, stages, generator=torch.Generator().manual_seed(1))


def exponents(model, history_NS):
    """The larger of both streams' largest exponent, not clamped."""
    largest = 0.0
    for stream, inputs in (
        (model.weight_stream, history_NS),
        (model.step_stream, history_NS.diff(dim=1)),
    ):
        lifted = stream.lift(inputs)
        code = torch.relu(stream.squeeze(lifted))
        largest = max(largest, (stream.exponent(code) * lifted).abs().max().item())
    return largest


@pytest.fixture
def threads():
    """Set PyTorch's number of threads; set back at the end."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("tile", [fused._TILE, 64])
def test_the_number_of_threads_changes_no_bit(threads, tile, monkeypatch):
    monkeypatch.setattr(fused, "_TILE", tile)
    model, history_NS = strong(), windows(40_000)
    found = []
    for number in (1, 2, 3):
        threads(number)
        found.append(model.residual(history_NS))
        assert torch.get_num_threads() == number
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_a_failure_leaves_the_number_of_threads_as_it_was(threads):
    threads(2)
    with pytest.raises(RuntimeError, match="size"):
        Known(5).fused().residual(windows(40_000, 4))
    assert torch.get_num_threads() == 2


def test_the_layout_of_the_history_changes_no_bit():
    model, history_NS = strong(), windows(20_000)
    wanted = model.residual(history_NS)
    assert torch.equal(model.residual(history_NS.T.contiguous().T), wanted)
    assert torch.equal(model.residual(history_NS.double()), wanted)


def test_a_later_step_of_training_shows_in_the_residual():
    model, history_NS = strong(), windows(10)
    before = model.residual(history_NS)
    with torch.no_grad():
        model.weight_stream.exponent.weight.mul_(2)
    assert not torch.equal(model.residual(history_NS), before)


@pytest.mark.parametrize("scale", [0.05, 0.15])
def test_inputs_up_to_the_limit_give_no_exponent_to_clamp(scale):
    model = strong(scale=scale).double()
    weight_limit, step_limit = (s.limit for s in model.fused().streams)
    assert min(weight_limit, step_limit) > 0
    # The worst inputs have their largest size in every stage, with any signs.
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0]).double()] * 5)
    limit = min(weight_limit, step_limit / 2)
    assert exponents(model, limit * corners) < 20


@pytest.mark.parametrize("bias", [0.0, 30.0])
def test_the_limit_of_a_network_without_kernels_is_its_biases(bias):
    model = Known(5).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        for stream in (model.weight_stream, model.step_stream):
            stream.lift.bias.fill_(1)
            stream.exponent.bias.fill_(bias)
    wanted = -math.inf if bias else math.inf
    assert [stream.limit for stream in model.fused().streams] == [wanted] * 2


def test_exponents_are_clamped_only_where_they_need_it(monkeypatch):
    model = strong(scale=0.3).double()
    small, huge = 1e-3 * windows(50).double(), 1e3 * windows(50).double()
    assert exponents(model, small) < 20 < exponents(model, huge)
    # One tile of each, then both kinds in one tile.
    for tile in (50, 100):
        monkeypatch.setattr(fused, "_TILE", tile)
        together = model.residual(torch.cat([small, huge]))
        with torch.no_grad():
            wanted = torch.cat([model(small), model(huge)])
        torch.testing.assert_close(together, wanted, rtol=0, atol=1e-12)


def test_a_weight_that_is_not_a_number_spoils_no_other():
    model, history_NS = strong(), windows(3000)
    wanted = model.residual(history_NS)
    history_NS[7, 2] = math.nan
    found = model.residual(history_NS)
    assert found[7].isnan()
    others = torch.arange(3000) != 7
    torch.testing.assert_close(found[others], wanted[others], rtol=0, atol=1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)]
)
def test_a_gpu_computes_what_the_cpu_does(dtype, tolerance):
    model, history_NS = strong().to(dtype), windows(300_000).to(dtype)
    wanted = model.residual(history_NS)
    found = model.cuda().residual(history_NS.cuda()).cpu()
    torch.testing.assert_close(found, wanted, rtol=0, atol=tolerance)
