import pytest
import torch

from know.hypernetwork.models.linear_meta import LinearMeta
from know.hypernetwork.windows import relative_loss

# Stages towards more data: one step is 0.8 times the one before it, plus a hundredth of
# the weight.
AHEAD = (0.8, 0.01)


def world(seed, *, size=30, total=7, scale=1.0):
    """Stages of a tensor that moves by the law, stage 0 first."""
    generator = torch.Generator().manual_seed(seed)
    weight, step = torch.randn(2, size, generator=generator, dtype=torch.float64)
    stages = [weight]
    for _ in range(total - 1):
        step = AHEAD[0] * step + AHEAD[1] * stages[-1]
        stages.append(stages[-1] + step)
    return scale * torch.stack(stages[::-1])


def horizons_of_the_law():
    """Coefficients of the newest step and weight for 1, 2 and 3 stages ahead."""
    # Of (step, weight) -> (next step, next weight), and its powers.
    law = torch.tensor([AHEAD, [AHEAD[0], 1 + AHEAD[1]]], dtype=torch.float64)
    identity = torch.eye(2, dtype=torch.float64)
    powers = [torch.linalg.matrix_power(law, n) - identity for n in (1, 2, 3)]
    return torch.stack([power[1] for power in powers])


@pytest.fixture
def fitted(make_batch):
    def make(*tensors, stages=3, **options):
        model = LinearMeta(stages)
        model.fit([make_batch(*tensors, stages=stages, **options)])
        return model

    return make


@pytest.mark.parametrize("stages", [2, 3, 5])
def test_the_fit_finds_an_exactly_linear_law(fitted, make_batch, stages):
    model = fitted(world(0), world(1), world(2), stages=stages)
    batch = make_batch(world(9), stages=stages)
    error = relative_loss(model.ahead(batch.history_BS, batch.facts), batch)
    assert error.item() < 1e-5


def test_the_coefficients_are_those_of_the_law(fitted):
    model = fitted(world(0), world(1), world(2), stages=2)
    wanted = horizons_of_the_law()
    torch.testing.assert_close(
        model.coefficients.double(), wanted, rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("scale", [1e-3, -50.0])
def test_scaled_weights_give_the_same_fit_and_a_scaled_prediction(
    fitted, make_batch, scale
):
    tensors = [torch.randn(7, 30, generator=torch.Generator().manual_seed(1)), world(0)]
    found = fitted(*(scale * tensor for tensor in tensors)).coefficients
    wanted = fitted(*tensors)
    torch.testing.assert_close(found, wanted.coefficients, rtol=1e-3, atol=1e-5)
    batch = make_batch(world(3), stages=3)
    ahead = wanted.ahead(scale * batch.history_BS, batch.facts)
    torch.testing.assert_close(
        ahead, scale * wanted.ahead(batch.history_BS, batch.facts)
    )


def test_the_fit_is_least_squares_of_errors_relative_to_copying(fitted, make_batch):
    generator = torch.Generator().manual_seed(2)
    tensors = [torch.randn(4, 20, generator=generator), world(0, total=4, scale=90)]
    model = fitted(*tensors)
    batch = make_batch(*tensors, stages=3)
    # Each trajectory has one window of three, with one stage after it.
    rows, wanted = [], []
    for window, history_CS in enumerate(batch.history_BS.split(40)):
        steps = history_CS.diff(dim=1).double()
        scale = batch.step_WH[window, 0].double()
        rows.append(torch.cat([steps, history_CS[:, -1:]], 1) / scale)
        target_C = batch.target_BH[40 * window :][:40, 0]
        wanted.append((target_C - history_CS[:, -1]) / scale)
    solution = torch.linalg.lstsq(
        torch.cat(rows), torch.cat(wanted).double()[:, None]
    ).solution
    torch.testing.assert_close(
        model.coefficients[0].double(), solution[:, 0], rtol=1e-3, atol=1e-4
    )


def test_it_starts_as_a_copy(make_batch):
    batch = make_batch(world(0), stages=3)
    found = LinearMeta(3).ahead(batch.history_BS, batch.facts)
    assert found.tolist() == [[0, 0, 0]] * len(batch.history_BS)


def test_a_horizon_without_targets_stays_a_copy(make_batch):
    batch = make_batch(world(0, total=4), stages=3)
    model = LinearMeta(3)
    model.fit([batch])
    assert model.coefficients[0].abs().max() > 0.1
    assert model.coefficients[1:].tolist() == [[0] * 3] * 2
