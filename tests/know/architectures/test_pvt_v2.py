import logging

import pytest
import safetensors.torch
import timm
import torch
from torch import nn

from know.architectures.pvt_v2 import OPTIONS, STARTS
from know.errors import KnowError
from know.weights.kinds import tensor_kinds

STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]

SMALL = [
    {"width": 8, "depth": 1, "heads": 1, "expansion": 4},
    {"width": 16, "depth": 2, "heads": 2, "expansion": 2},
]


@pytest.fixture
def timms():
    """Timm's own b0 of ten classes, with weights of its own."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return timm.create_model("pvt_v2_b0", num_classes=10).eval()


@pytest.fixture
def images():
    return torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def write(state, path):
    safetensors.torch.save_file(state, path)
    return str(path)


def as_ours(state):
    return {
        name if name.startswith("head.") else f"body.0.{name}": value
        for name, value in state.items()
    }


@pytest.mark.parametrize(("variant", "number"), [("b0", 3_409_760), ("b2", 24_849_856)])
def test_has_as_many_weights_as_its_docstring_says(build, variant, number):
    with torch.device("meta"):
        body = build("pvt-v2", variant=variant, image_size=32).body
    assert sum(parameter.numel() for parameter in body.parameters()) == number


def test_says_what_timm_says_with_the_same_weights(build, timms, images):
    network = build("pvt-v2", image_size=32).eval()
    network.load_state_dict(as_ours(timms.state_dict()))
    torch.testing.assert_close(network(images), timms(images))


def test_b0_has_tensors_of_these_kinds(build):
    with torch.device("meta"):
        kinds = tensor_kinds(build("pvt-v2", image_size=32).state_dict())
    parts_of = {
        kind: {name.split(".")[-2] for name in kinds if kinds[name] == kind}
        for kind in set(kinds.values()) - {"bias"}
    }
    assert parts_of == {
        "conv": {"proj", "sr", "dwconv"},
        "fc": {"q", "kv", "proj", "fc1", "fc2", "head"},
        "norm": {"norm", "norm1", "norm2"},
    }
    first = "body.0.stages.0.blocks.0"
    assert kinds["body.0.patch_embed.proj.weight"] == "conv"
    assert kinds[f"{first}.attn.proj.weight"] == "fc"
    assert kinds[f"{first}.norm1.bias"] == "norm"
    assert kinds[f"{first}.mlp.dwconv.bias"] == "bias"


def test_stages_of_its_own_make_it_narrow(build):
    network = build("pvt-v2", stages=SMALL, num_classes=3)
    assert network(torch.zeros(2, 3, 16, 16)).shape == (2, 3)
    assert network.num_features == 16
    stages = network.body[0].stages
    assert [len(stage.blocks) for stage in stages] == [1, 2]
    assert [stage.blocks[0].mlp.fc1.out_features for stage in stages] == [32, 32]
    assert [stage.blocks[0].attn.num_heads for stage in stages] == [1, 2]


@pytest.mark.parametrize(
    ("size", "reductions"),
    [(224, [8, 4, 2, None]), (16, [4, 2, None, None]), ((24, 40), [6, 3, 2, None])],
)
def test_reduces_keys_by_no_more_than_the_map(build, size, reductions):
    with torch.device("meta"):
        network = build("pvt-v2", image_size=size)
    layers = [stage.blocks[0].attn.sr for stage in network.body[0].stages]
    assert [layer and layer.stride[0] for layer in layers] == reductions


class TestWeights:
    def test_make_of_centred_images_what_timm_makes_of_scaled_ones(
        self, build, timms, images, tmp_path
    ):
        path = write(timms.state_dict(), tmp_path / "b0.safetensors")
        network = build("pvt-v2", image_size=32, weights=path).eval()
        torch.testing.assert_close(network(images * STD), timms(images))

    def test_leave_a_head_of_another_width_random_and_say_so(
        self, build, timms, tmp_path, caplog
    ):
        path = write(timms.state_dict(), tmp_path / "b0.safetensors")
        with caplog.at_level(logging.INFO, "know"):
            network = build("pvt-v2", image_size=32, weights=path, num_classes=4)
        fresh = build("pvt-v2", image_size=32, num_classes=4)
        assert torch.equal(network.head.weight, fresh.head.weight)
        theirs = timms.stages[3].norm.weight
        assert torch.equal(network.body[0].stages[3].norm.weight, theirs)
        assert "a head of 4 random outputs" in caplog.text

    def test_may_come_without_a_head(self, build, timms, tmp_path):
        timms.reset_classifier(0)
        path = write(timms.state_dict(), tmp_path / "b0.safetensors")
        network = build("pvt-v2", image_size=32, weights=path)
        assert isinstance(network.head, nn.Linear)

    def test_are_refused_with_every_tensor_that_does_not_fit(
        self, build, timms, tmp_path
    ):
        state = timms.state_dict()
        state["extra"] = state.pop("stages.0.norm.bias")
        state["patch_embed.proj.weight"] = torch.zeros(32, 3, 3, 3)
        path = write(state, tmp_path / "b0.safetensors")
        with pytest.raises(KnowError) as refused:
            build("pvt-v2", image_size=32, weights=path)
        assert str(refused.value) == (
            f"pvt-v2: weights '{path}' are of another network:\n"
            "  - stages.0.norm.bias is missing\n"
            "  - extra is unknown\n"
            "  - patch_embed.proj.weight has shape (32, 3, 3, 3), wanted (32, 3, 7, 7)"
        )

    def test_that_are_not_there_are_refused(self, build):
        with pytest.raises(KnowError, match=r"found no file at gone\.safetensors"):
            build("pvt-v2", weights="gone.safetensors")

    def test_are_not_read_where_only_shapes_are_wanted(self, build):
        with torch.device("meta"):
            assert build("pvt-v2", weights="gone.safetensors").head.weight.is_meta

    @pytest.mark.parametrize("variant", OPTIONS["variant"]["enum"])
    def test_of_timm_are_those_that_timm_downloads(self, variant):
        repository = timm.get_pretrained_cfg(f"pvt_v2_{variant}").hf_hub_id
        address = STARTS["weights"]["timm"].format(variant=variant)
        hub = "https://huggingface.co"
        assert address == f"{hub}/{repository}/resolve/main/model.safetensors"
