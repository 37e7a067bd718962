import pytest

from know.errors import KnowError
from know.hypernetwork import files
from know.predictors import PREDICTORS
from know.predictors.diagnosis.usable import usable_methods

KINDS = ["conv", "fc", "bias"]


@pytest.fixture
def directory(tmp_path, models):
    for kind, model in models.items():
        files.save(tmp_path / f"known_{kind}.safetensors", model, {"kind": kind})
    return tmp_path


def test_without_a_folder_the_package_s_own_hyper_models_serve():
    methods, left_out = usable_methods(None, kinds=KINDS)
    assert set(left_out) == {"nino-mlp", "wnn"}
    assert {"known", "known-plus", "linear-meta", "task-vector"} <= set(methods)
    assert {*methods, *left_out} == set(PREDICTORS)


def test_known_runs_with_its_hyper_models(directory, models, rows):
    methods, left_out = usable_methods(directory, kinds=KINDS)
    assert "wnn" in left_out
    history = rows.float()
    for kind in KINDS:
        found = methods["known"](history, kind=kind)
        wanted = PREDICTORS["known"](history, kind=kind, models=models)
        assert found.equal(wanted)


def test_a_kind_that_the_network_lacks_needs_no_hyper_model(directory):
    (directory / "known_conv.safetensors").unlink()
    methods, _ = usable_methods(directory, kinds=["fc", "bias"])
    assert "known" in methods


def test_a_folder_without_any_hyper_model_is_refused(tmp_path):
    with pytest.raises(KnowError, match=r"found none of .*known_KIND\.safetensors"):
        usable_methods(tmp_path, kinds=KINDS)
    with pytest.raises(KnowError, match="found none of"):
        usable_methods(tmp_path / "nowhere", kinds=KINDS)


def test_a_hyper_model_of_another_kind_is_refused(directory):
    (directory / "known_fc.safetensors").rename(directory / "known_conv.safetensors")
    with pytest.raises(KnowError, match="wanted kind 'conv', found kind 'fc'"):
        usable_methods(directory, kinds=KINDS)


def test_a_damaged_hyper_model_is_refused(directory):
    path = directory / "known_bias.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(KnowError, match="damaged"):
        usable_methods(directory, kinds=KINDS)
