import pytest
import torch
from safetensors.torch import save_file

from know.errors import KnowError
from know.forgetting.imported import import_stage

CPU = torch.device("cpu")
# The network has body.0 (convolution), body.1 (norm), ... and head.
NAMES = {
    "as in the workflow": {},
    "wrapped": {"body.": "module.body.", "head.": "module.head."},
    "with the head of torchvision": {"body.": "", "head.": "fc."},
    "with the head of timm": {"body.": "model.", "head.": "model.head.fc."},
}


def renamed(state, prefixes):
    for old, new in prefixes.items():
        state = {
            new + name.removeprefix(old) if name.startswith(old) else name: value
            for name, value in state.items()
        }
    return state


@pytest.fixture
def state(make_ladder):
    return make_ladder(seed=3).network().state_dict()


@pytest.fixture
def imported(dataset_file, config):
    def result(path):
        return import_stage(path, dataset_file, config, samples=12, stage=1, device=CPU)

    return result


@pytest.mark.parametrize("prefixes", NAMES.values(), ids=NAMES)
def test_a_file_may_name_body_and_head_otherwise(
    imported, state, prefixes, tmp_path, same
):
    torch.save({"state_dict": renamed(state, prefixes)}, tmp_path / "net.pt")
    same(imported(tmp_path / "net.pt").state, state)


def test_a_stage_is_measured_and_says_where_it_came_from(
    imported, state, tmp_path, make_ladder
):
    save_file(state, tmp_path / "net.safetensors")
    facts = imported(tmp_path / "net.safetensors").facts
    ladder = make_ladder()
    wanted = ladder.facts(ladder.network(state), samples=12, stage=1)
    own = {"epochs": 0, "learning_rate": 0, "imported_from": "net.safetensors"}
    assert facts == wanted | own


def test_half_precision_is_read_as_the_networks_own(imported, state, tmp_path):
    state = {n: v.half() if v.is_floating_point() else v for n, v in state.items()}
    save_file(state, tmp_path / "net.safetensors")
    found = imported(tmp_path / "net.safetensors").state["head.weight"]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, state["head.weight"].float())


def test_every_tensor_that_does_not_fit_is_named(imported, state, tmp_path):
    state["head.weight"] = torch.zeros(2, 5)
    state["head.bias"] = torch.zeros(2, dtype=torch.int64)
    state["ema.decay"] = torch.zeros(1)
    del state["body.0.bias"]
    save_file(state, tmp_path / "net.safetensors")
    with pytest.raises(KnowError) as refused:
        imported(tmp_path / "net.safetensors")
    assert str(refused.value).splitlines()[1:] == [
        "  - 'body.0.bias' is missing",
        "  - 'ema.decay' is not in the network",
        "  - 'head.weight' has shape (2, 5), torch.float32, wanted (2, 16), "
        "torch.float32",
        "  - 'head.bias' has shape (2,), torch.int64, wanted (2,), torch.float32",
    ]
