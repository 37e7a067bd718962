import pytest
import torch

from know.errors import KnowError
from know.hypernetwork import files
from know.predictors import PREDICTORS
from know.predictors.methods import load_models, option_names, with_options

CPU = torch.device("cpu")


@pytest.fixture
def hyper_models(tmp_path, models):
    """Files of one hyper-model a kind."""
    paths = [tmp_path / f"known_{kind}.safetensors" for kind in ("conv", "fc", "bias")]
    for path, (kind, model) in zip(paths, models.items(), strict=True):
        files.save(path, model, {"kind": kind})
    return paths


class TestOptions:
    def test_they_leave_out_what_every_method_is_told(self):
        assert option_names("known") == set()
        assert option_names("task_vector") == {"reading", "alpha", "exponent"}

    @pytest.mark.parametrize("name", sorted(PREDICTORS))
    def test_every_method_goes_without(self, name):
        assert with_options(name, {}).func is PREDICTORS[name]

    def test_they_reach_the_method(self):
        history = torch.tensor([[1.0], [3.0]])
        assert with_options("task_vector", {"alpha": 0.5})(history).item() == 4
        assert with_options("task_vector", {})(history).item() == 5

    @pytest.mark.parametrize(
        ("name", "options", "message"),
        [
            ("tsv", {"beta": 1, "alhpa": 2}, "no option alhpa, beta; it has alpha, fr"),
            ("known", {"models": {}}, "no option models; it has none"),
            ("shrink", {"horizon": 3}, "no option horizon; it has factor"),
        ],
    )
    def test_those_that_a_method_lacks_are_refused(self, name, options, message):
        with pytest.raises(KnowError, match=f"{name!r} has {message}"):
            with_options(name, options)

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
