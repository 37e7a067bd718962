import pytest
import torch
from torch import nn, zeros
from torch.nn.modules.batchnorm import _NormBase

from know.architectures import ARCHITECTURES, build_network
from know.weights.kinds import (
    PREDICTED_KINDS,
    is_transposed,
    packed_problems,
    tensor_kinds,
)

NORM_LAYERS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def test_layers_give_the_kinds_of_the_paper():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(2, 2))
    assert tensor_kinds(network.state_dict()) == {
        "0.weight": "conv",
        "0.bias": "bias",
        "1.weight": "norm",
        "1.bias": "norm",
        "1.running_mean": "buffer",
        "1.running_var": "buffer",
        "1.num_batches_tracked": "buffer",
        "2.weight": "fc",
        "2.bias": "bias",
    }


# By the names of timm, torchvision and transformers.
KINDS_BY_NAME = [
    ("model.layers.0.input_layernorm.weight", (8,), "norm"),  # Llama's RMSNorm
    ("model.layers.0.self_attn.q_norm.weight", (8,), "norm"),
    ("bert.encoder.LayerNorm.gamma", (8,), "norm"),
    ("bert.encoder.LayerNorm.beta", (8,), "norm"),
    ("transformer.ln_f.bias", (8,), "norm"),
    ("blocks.0.grn.weight", (1, 1, 1, 8), "norm"),
    ("norm.weight", (4, 4, 4), "norm"),
    ("stages.0.blocks.0.gamma", (8,), "norm"),  # layer scale of ConvNeXt
    ("features.1.0.layer_scale", (8, 1, 1), "norm"),
    ("blocks.0.lambda_1", (8,), "norm"),
    ("act.weight", (1,), "norm"),  # PReLU
    ("logit_scale", (), "norm"),
    ("attn.logit_scale", (3, 1, 1), "norm"),
    ("wte.weight", (50, 8), "fc"),
    ("cls_token", (1, 1, 8), "fc"),
    ("vision.embeddings.class_embedding", (8,), "fc"),
    ("pos_embed", (1, 17, 8), "fc"),
    ("patch_embed.proj.weight", (8, 3, 4, 4), "conv"),
    ("attn.relative_position_bias_table", (9, 3), "fc"),
    ("attn.in_proj_weight", (24, 8), "fc"),
    ("attn.in_proj_bias", (24,), "bias"),
    ("attn.q_bias", (8,), "bias"),
    ("lstm.bias_hh_l0_reverse", (8,), "bias"),
    ("head.weight", (1, 8), "fc"),
    ("q_proj.lora_A.weight", (1, 8), "fc"),
    ("model.layers.0.mlp.experts.gate_up_proj", (4, 8, 16), "fc"),
    ("rotary_emb.inv_freq", (4,), "buffer"),
    ("attn_mask", (4, 4), "buffer"),
    ("mask_token", (1, 1, 8), "fc"),
    ("queue", (8, 16), "buffer"),
    ("normal_head.weight", (2, 8), "fc"),
]


@pytest.mark.parametrize(("name", "shape", "kind"), KINDS_BY_NAME)
def test_a_tensor_of_another_library_is_known_by_name_and_shape(name, shape, kind):
    assert tensor_kinds({name: zeros(shape)}) == {name: kind}


def test_integers_and_masks_of_truth_values_are_buffers():
    layout = {"index": torch.arange(3), "attn.bias": zeros(2, 2).bool()}
    assert set(tensor_kinds(layout).values()) == {"buffer"}


def test_the_order_is_that_of_the_state_dict():
    state = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2)).state_dict()
    assert list(tensor_kinds(state)) == list(state)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_norm_layers_of_our_networks_are_known(name):
    with torch.device("meta"):
        network = build_network(name, num_classes=10, image_size=32, seed=0)
    kinds = tensor_kinds(network.state_dict())
    for path, module in network.named_modules(remove_duplicate=False):
        for own, _ in module.named_parameters(recurse=False, remove_duplicate=False):
            is_kind_of_norm = kinds[f"{path}.{own}"] not in PREDICTED_KINDS
            is_norm = isinstance(module, NORM_LAYERS) or "RMSNorm" in str(type(module))
            assert is_kind_of_norm == is_norm
        for own, _ in module.named_buffers(recurse=False, remove_duplicate=False):
            # One that is computed anew is in no state dict.
            assert kinds.get(f"{path}.{own}", "buffer") == "buffer"


@pytest.mark.parametrize(
    ("shape", "outputs", "wanted"),
    [((8, 24), 24, True), ((24, 8), 24, False), ((8, 8), 8, False)],
)
def test_a_matrix_counts_inputs_first_where_its_bias_says_so(shape, outputs, wanted):
    layout = {"c_attn.weight": zeros(shape), "c_attn.bias": zeros(outputs)}
    assert is_transposed("c_attn.weight", layout) is wanted


def test_packed_weights_are_named():
    layout = {
        "int8.weight": zeros(2, 2).to(torch.int8),
        "gptq.qweight": zeros(2, 2).to(torch.int32),
        "awq.qzeros": zeros(2, 2).to(torch.int32),
        "fp8.weight": zeros(2, 2).to(torch.float8_e4m3fn),
        "fine.weight": zeros(2, 2),
        "position_ids": torch.arange(4)[None],
    }
    found = packed_problems(layout)
    assert [problem.split("'")[1] for problem in found] == [*layout][:4]
