import inspect
import math
from pathlib import Path

import pytest
import torch

from know.errors import KnowError
from know.hypernetwork import files
from know.predictors import PREDICTORS
from know.predictors.methods import bound_method, by_kind, check_options, files_in

CPU = torch.device("cpu")


def bound(predictor, hypernetworks=None, **options):
    return bound_method(
        predictor, options=options, hypernetworks=hypernetworks or {}, device=CPU
    )


@pytest.fixture
def folder(tmp_path, models):
    """KNOWN's file of each kind."""
    for kind, model in models.items():
        files.save(tmp_path / f"known_{kind}.safetensors", model, {"kind": kind})
    return tmp_path


@pytest.mark.parametrize("name", sorted(PREDICTORS))
def test_every_method_takes_the_options_that_it_states(name):
    assert bound(name).func is PREDICTORS[name]
    parameters = inspect.signature(PREDICTORS[name].predict).parameters
    assert set(PREDICTORS.facts(name).get("OPTIONS", {})) <= set(parameters)


def test_options_reach_the_method():
    assert bound("shrink", factor=0.5)(torch.tensor([[1.0], [3.0]])).item() == 1.5


@pytest.mark.parametrize(
    ("name", "options", "messages"),
    [
        ("tsv", {"beta": 1, "rank": 2}, ["'beta', 'rank' were", "there are fraction"]),
        ("known", {"models": {}}, ["'models' was unexpected", "there are none"]),
        ("shrink", {"factor": -1}, ["factor: -1 is less than or equal to the min"]),
        ("shrink", {"factor": math.nan}, ["factor: nan is not of type 'number'"]),
        ("shrink", {"factor": "1e-3"}, ["factor: '1e-3' is no", "write 1.0e-3"]),
        ("tsv", {"fraction": 1.1}, ["fraction: 1.1 is greater than the maximum"]),
        ("task-vector", {"reading": "sum"}, ["reading: 'sum' is not one of ['mi"]),
    ],
)
def test_wrong_options_are_refused(name, options, messages):
    with pytest.raises(KnowError) as refusal:
        check_options(name, options)
    assert f"wrong options of predictor {name!r}" in str(refusal.value)
    assert all(message in str(refusal.value) for message in messages)


def test_each_kind_has_its_own_hypernetwork(folder, models, rows):
    history = rows.float()
    function = bound("known", files_in(folder, "known"))
    for kind in models:
        wanted = PREDICTORS["known"](history, kind=kind, models=models)
        assert torch.equal(function(history, kind=kind), wanted)


def test_all_misfits_are_named(folder):
    conv, fc, bias = files_in(folder, "known").values()
    with pytest.raises(KnowError) as refusal:
        bound("known", by_kind([folder / "absent", bias, fc]))
    assert f"{bias}: wanted kind 'fc', found 'bias'" in str(refusal.value)
    assert f"{fc}: wanted kind 'bias', found 'fc'" in str(refusal.value)
    assert "absent: wanted kind 'conv', found no file" in str(refusal.value)
    assert str(conv) not in str(refusal.value)


def test_a_method_without_hypernetworks_takes_none():
    with pytest.raises(KnowError, match="'shrink' takes no hypernetworks, got a"):
        bound("shrink", {"fc": Path("a")})
