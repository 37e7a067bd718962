import math

import numpy as np
import pytest
import torch

from know.errors import KnowError
from know.hypernetwork import fused
from know.hypernetwork.models.known import Known

RESIDUALS = {
    5: [
        0.1109083376659395,
        0.12036674348693117,
        0.35382915262344383,
        0.1664577440740487,
        0.20509402053686845,
        0.21049325036867164,
    ],
    3: [
        0.19354624420251168,
        0.22689318448175508,
        0.3232880399721688,
        0.1861798536365808,
        0.3141834286818042,
        0.21049325036867164,
    ],
    2: [
        0.1688855441212186,
        0.08449352592997397,
        0.08031326141694455,
        0.19055561321243372,
        0.38437846547220866,
        0.21049325036867164,
    ],
}


def strong(stages, seed=0):
    """A network whose every part matters: large weights, biases that are not zero."""
    generator = torch.Generator().manual_seed(seed)
    model = Known(stages, generator=generator)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.15 * torch.randn(parameter.shape, generator=generator))
    return model


def layers_of(model):
    """Kernels and biases as Keras keeps them, in float64."""
    return [
        (layer.weight.detach().double().numpy().T, layer.bias.detach().double().numpy())
        for layer in model.layers()
    ]


def windows(count, stages):
    return torch.randn(count, stages, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("stages", "parameters"), [(2, 9041), (3, 9169), (4, 9297), (5, 9425)]
)
def test_it_has_the_parameters_of_the_authors_network(stages, parameters):
    count = sum(layer.numel() for layer in Known(stages).parameters())
    assert count == parameters == 128 * stages + 8785


@pytest.mark.parametrize("stages", [2, 3, 5])
@pytest.mark.parametrize("path", ["forward", "residual"])
def test_it_computes_the_synthetic_vectors(rows, synthetic, stages, path):
    with torch.no_grad():
        found = getattr(synthetic(stages), path)(rows[-stages:].T)
    wanted = torch.tensor(RESIDUALS[stages], dtype=torch.float64)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("stages", [2, 5, 8])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)]
)
def test_the_fast_path_agrees_with_the_reference(
    stages, dtype, tolerance, reference, monkeypatch
):
    monkeypatch.setattr(fused, "_TILE", 128)
    model = strong(stages).to(dtype)
    history_NS = 0.3 * windows(300, stages).to(dtype)
    wanted = reference(layers_of(model), history_NS.numpy())
    found = model.residual(history_NS)
    assert np.ptp(wanted) > 0.1
    np.testing.assert_allclose(found.double().numpy(), wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("path", ["forward", "residual"])
def test_huge_weights_do_not_overflow_the_exponential(path, reference):
    model = strong(5).double()
    history_NS = 1e6 * windows(50, 5).double()
    with torch.no_grad():
        found = getattr(model, path)(history_NS).numpy()
    wanted = reference(layers_of(model), history_NS.numpy())
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def test_the_residual_follows_the_models_dtype_and_keeps_the_input():
    history_NS = windows(10, 5).double()
    before = history_NS.clone()
    found = Known(5).residual(history_NS)
    assert found.dtype == torch.float32
    assert torch.equal(history_NS, before)


def test_the_residual_takes_no_weights_at_all():
    assert Known(5).residual(torch.zeros(0, 5)).shape == (0,)


@pytest.mark.parametrize("shape", [(3, 4), (5,), (2, 5, 1)])
def test_a_wrong_history_is_refused(shape):
    with pytest.raises(KnowError, match=r"shape \(weights, 5\), got \("):
        Known(5).residual(torch.zeros(shape))


def test_one_stage_is_refused():
    with pytest.raises(KnowError, match="stages >= 2, got 1"):
        Known(1)


@pytest.mark.parametrize("stages", [5, 8, 9])
def test_layers_start_within_the_authors_bounds(stages):
    model = Known(stages, generator=torch.Generator().manual_seed(3))
    for layer in model.layers():
        outputs, inputs = layer.weight.shape
        is_outer = any(layer is other for other in model.outer_layers)
        bound = math.sqrt(0.3 / inputs if is_outer else 6 / (inputs + outputs))
        assert layer.weight.abs().max() <= bound
        assert layer.weight.abs().max() > 0.8 * bound
        assert not layer.bias.any()


def test_regularisation_adds_up_outer_kernels_and_biases():
    model = Known(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(-2.0)
    kernels = 64 * 5 + 32 * 64 + 64 * 4 + 32 * 64
    biases = 64 + 32 + 64 + 32
    wanted = 1e-6 * 2 * kernels + 0.1 * 2 * biases
    assert model.regularisation().item() == pytest.approx(wanted)
