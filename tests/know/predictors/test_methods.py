import inspect

import pytest
import torch

from know.errors import KnowError
from know.hypernetwork import files
from know.predictors import PREDICTORS
from know.predictors.methods import load_models, with_options

CPU = torch.device("cpu")


@pytest.fixture
def hyper_models(tmp_path, models):
    """Files of one hyper-model a kind."""
    paths = [tmp_path / f"known_{kind}.safetensors" for kind in ("conv", "fc", "bias")]
    for path, (kind, model) in zip(paths, models.items(), strict=True):
        files.save(path, model, {"kind": kind})
    return paths


class TestOptions:
    @pytest.mark.parametrize("name", sorted(PREDICTORS))
    def test_every_method_takes_the_options_that_it_states(self, name):
        assert with_options(name, {}).func is PREDICTORS[name]
        parameters = inspect.signature(PREDICTORS[name]).parameters
        assert set(PREDICTORS.facts(name).get("OPTIONS", {})) <= set(parameters)

    def test_they_reach_the_method(self):
        history = torch.tensor([[1.0], [3.0]])
        assert with_options("shrink", {"factor": 0.5})(history).item() == 1.5

    @pytest.mark.parametrize(
        ("name", "options", "messages"),
        [
            ("tsv", {"beta": 1, "rank": 2}, ["has fraction", "'beta', 'rank' were"]),
            ("known", {"models": {}}, ["which has none", "'models' was unexpected"]),
            ("shrink", {"factor": -1}, ["factor.-1 is less than or equal to the min"]),
            ("task-vector", {"reading": "sum"}, ["reading.'sum' is not one of ['mi"]),
        ],
    )
    def test_wrong_ones_are_refused(self, name, options, messages):
        with pytest.raises(KnowError) as refusal:
            with_options(name, options)
        assert f"wrong options of predictor {name!r}" in str(refusal.value)
        assert all(message in str(refusal.value) for message in messages)

    def test_an_unknown_method_is_refused(self):
        with pytest.raises(KnowError, match="got 'tsvv'"):
            with_options("tsvv", {})


class TestHyperModels:
    def test_each_kind_has_its_own(self, hyper_models, models):
        found = load_models(hyper_models, CPU)
        assert list(found) == ["conv", "fc", "bias"]
        for kind, model in models.items():
            state = found[kind].state_dict()
            for name, value in model.state_dict().items():
                assert torch.equal(state[name], value)
            assert not found[kind].training

    def test_those_in_another_order_are_refused_with_all_misfits(self, hyper_models):
        conv, fc, bias = hyper_models
        with pytest.raises(KnowError) as refusal:
            load_models([conv, bias, fc], CPU)
        assert f"{bias}: wanted kind 'fc', found kind 'bias'" in str(refusal.value)
        assert f"{fc}: wanted kind 'bias', found kind 'fc'" in str(refusal.value)
        assert str(conv) not in str(refusal.value)

    def test_a_damaged_one_is_refused(self, hyper_models):
        content = bytearray(hyper_models[1].read_bytes())
        content[-1] ^= 1
        hyper_models[1].write_bytes(content)
        with pytest.raises(KnowError, match=f"{hyper_models[1]} is damaged"):
            load_models(hyper_models, CPU)
