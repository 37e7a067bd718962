import math

import pytest
import torch

from know.hypernetwork.models import MODELS
from know.hypernetwork.models.known import Known


@pytest.fixture
def rows():
    """The six weights A .. F of the vectors at five stages, oldest knowledge first."""
    newest_first = [
        [1, 0.9, 0.8, 0.7, 0.6],
        [1, 0.75, 0.625, 0.5625, 0.53125],
        [0.2, -0.1, 0.05, -0.3, 0.1],
        [0.3] * 5,
        [-0.5, -0.4, -0.35, -0.1, -0.05],
        [0.0] * 5,
    ]
    return torch.tensor(newest_first, dtype=torch.float64).T.flip(0)


@pytest.fixture
def agrees():
    """A check that a tensor holds the given numbers, to 1e-9 or as told."""

    def check(found, wanted, tolerance=1e-9):
        wanted = torch.tensor(wanted, dtype=found.dtype)
        torch.testing.assert_close(found, wanted, rtol=0, atol=tolerance)

    return check


@pytest.fixture
def models():
    """One small random hypernetwork of KNOWN's for each kind."""
    return random_models("known")


@pytest.fixture
def models_of():
    """A maker of small random hypernetworks of an architecture, one for each kind."""
    return random_models


def random_models(architecture):
    models = {}
    for seed, kind in enumerate(["conv", "fc", "bias"]):
        model = MODELS[architecture](
            stages=5, generator=torch.Generator().manual_seed(seed)
        )
        # Some networks start as a copy of the newest stage.
        draws = torch.Generator().manual_seed(100 + seed)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.05 * torch.randn(parameter.shape, generator=draws))
        models[kind] = model.eval().requires_grad_(requires_grad=False)
    return models


@pytest.fixture
def synthetic():
    """A maker of hypernetworks whose numbers follow a formula."""

    def make(stages, network=Known):
        model = network(stages).double()
        with torch.no_grad():
            for number, layer in enumerate(model.layers()):
                i = torch.arange(layer.in_features, dtype=torch.float64)
                j = torch.arange(layer.out_features, dtype=torch.float64)[:, None]
                angle = 0.7 * i + 1.3 * j + 0.9 * number + 0.05 * i * j
                layer.weight.copy_(1.5 * angle.sin() / math.sqrt(layer.in_features))
                layer.bias.copy_(0.1 * (j[:, 0] + number).cos())
        return model

    return make
