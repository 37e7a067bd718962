import pytest
import torch

from know.hypernetwork.models import MODELS


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
