import pytest
import torch

from know.errors import KnowError
from know.hypernetwork.files import load, read_card, save
from know.hypernetwork.models.known import Known
from know.weights.checkpoint import save_checkpoint


@pytest.fixture
def model():
    return Known(4, generator=torch.Generator().manual_seed(5))


@pytest.fixture
def path(tmp_path, model):
    path = tmp_path / "known_conv.safetensors"
    save(path, model, {"kind": "conv"})
    return path


def test_a_model_in_float64_stays_so(tmp_path, model):
    path = tmp_path / "model.safetensors"
    save(path, model.double(), {"kind": "fc"})
    assert load(path).head.weight.dtype == torch.float64


def test_the_card_tells_architecture_stages_and_kind(path):
    card = read_card(path)
    assert card["architecture"] == "known"
    assert card["stages"] == 4
    assert card["kind"] == "conv"
    assert len(card["sha256"]) == 64


@pytest.mark.parametrize("read", [load, read_card])
def test_another_checkpoint_is_refused(tmp_path, read):
    path = tmp_path / "resnet.safetensors"
    save_checkpoint(path, {"fc.weight": torch.zeros(2)}, {"run": "r18"})
    with pytest.raises(KnowError, match=r"architecture known,.*found .*None.*resnet"):
        read(path)


def test_all_tensors_that_do_not_fit_are_named(tmp_path, model):
    state = model.state_dict()
    del state["head.bias"]
    state["head.weight"] = torch.zeros(1, 3)
    state["more"] = torch.zeros(1)
    path = tmp_path / "bad.safetensors"
    save_checkpoint(path, state, {"architecture": "known", "stages": 4})
    with pytest.raises(KnowError) as refusal:
        load(path)
    message = str(refusal.value)
    assert 'Missing key(s) in state_dict: "head.bias"' in message
    assert "size mismatch for head.weight" in message
    assert 'Unexpected key(s) in state_dict: "more"' in message


def test_values_that_are_not_finite_are_named(tmp_path, model):
    state = model.state_dict()
    state["weight_stream.mix.bias"][0] = float("nan")
    path = tmp_path / "bad.safetensors"
    save_checkpoint(path, state, {"architecture": "known", "stages": 4})
    with pytest.raises(KnowError, match=r"'weight_stream\.mix\.bias' is not finite"):
        load(path)


def test_an_older_file_of_known_tells_its_stages_alone(tmp_path, model):
    path = tmp_path / "old.safetensors"
    card = {"architecture": "known", "stages": 4, "kind": "conv"}
    save_checkpoint(path, model.state_dict(), card)
    assert type(load(path)) is Known
    assert load(path).stages == 4


def test_settings_that_the_architecture_does_not_have_are_refused(tmp_path, model):
    path = tmp_path / "odd.safetensors"
    card = {"architecture": "known", "stages": 4, "settings": {"layers": 3}}
    save_checkpoint(path, model.state_dict(), card)
    with pytest.raises(KnowError, match=r"settings of .* known, found .*layers.*odd"):
        load(path)
