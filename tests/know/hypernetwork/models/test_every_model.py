import inspect
import json

import pytest
import torch

from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.files import load, save
from know.hypernetwork.models import MODELS
from know.hypernetwork.tensor_facts import facts_of_windows


@pytest.fixture(params=sorted(MODELS))
def model(request):
    """A hypernetwork of each architecture, for four stages."""
    generator = torch.Generator().manual_seed(5)
    model = MODELS[request.param](stages=4, generator=generator)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model


@pytest.fixture
def history():
    """Values of a 6 x 5 tensor at 4 stages."""
    return torch.randn(4, 6, 5, generator=torch.Generator().manual_seed(0))


def test_a_network_bears_the_name_it_is_registered_by(model):
    assert isinstance(model, Hypernetwork)
    assert MODELS[model.architecture] is type(model)
    assert type(model).__module__ == MODELS.module_of(model.architecture)


def test_the_settings_build_an_equal_network(model):
    again = type(model)(**json.loads(json.dumps(model.settings())))
    assert again.stages == model.stages == 4
    assert again.settings() == model.settings()
    again.load_state_dict(model.state_dict())


def test_a_seed_settles_the_first_weights(model):
    def drawn(seed):
        generator = torch.Generator().manual_seed(seed)
        return type(model)(stages=4, generator=generator).state_dict()

    first, again = drawn(1), drawn(1)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert all(torch.isfinite(value).all() for value in first.values())


def test_building_leaves_the_global_generator_alone(model):
    before = torch.get_rng_state()
    type(model)(stages=4)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loaded_network_answers_as_the_saved_one(model, history, tmp_path):
    path = tmp_path / "model.safetensors"
    save(path, model, {"kind": "fc"})
    found = load(path)
    assert type(found) is type(model)
    assert not found.training
    assert not any(parameter.requires_grad for parameter in found.parameters())
    rows = history.flatten(1).T
    facts = facts_of_windows([history], history.shape[1:], rate=0.5)
    assert torch.equal(found.ahead(rows, facts), model.ahead(rows, facts))
    assert found.ahead(rows, facts).shape == (30, model.horizons)


def test_every_argument_of_a_network_is_a_setting(model):
    arguments = set(inspect.signature(type(model)).parameters) - {"generator"}
    assert set(model.settings()) == arguments
