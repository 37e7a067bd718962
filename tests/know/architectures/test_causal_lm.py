import pytest
import torch

from know.weights.kinds import is_transposed, tensor_kinds

SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
LLAMA = {**SMALL, "model_type": "llama", "intermediate_size": 12}
GPT2 = {**SMALL, "model_type": "gpt2"}


@pytest.fixture(params=[LLAMA, GPT2], ids=["llama", "gpt2"])
def network(request, build):
    """A network for texts of six characters, of a vocabulary of 20."""
    config = request.param
    return build("causal-lm", num_classes=20, image_size=(1, 6), config=config).eval()


def inputs_of(*texts):
    return torch.tensor(texts)[:, None, None] / 255


def test_a_logit_of_each_character_for_each_place(network):
    assert network(inputs_of([3, 1, 4, 1, 5, 9])).shape == (1, 20, 1, 6)


def test_later_characters_do_not_matter(network):
    logits = network(inputs_of([3, 1, 4, 1, 5, 9], [3, 1, 4, 2, 6, 5]))[:, :, 0]
    torch.testing.assert_close(logits[0, :, :3], logits[1, :, :3])
    assert not torch.allclose(logits[0, :, 3], logits[1, :, 3])


def test_the_head_is_the_embedding(network):
    assert [n for n, v in network.state_dict().items() if 20 in v.shape] == [
        "head.weight"
    ]
    with torch.no_grad():
        network.head.weight[7] += 1
    before, after = (network(inputs_of([c, 1, 1, 1, 1, 1])) for c in (3, 7))
    assert not torch.allclose(before, after)


def test_llamas_tensors_are_of_the_kinds_of_theirs(build):
    state = build("causal-lm", image_size=(1, 6), config=LLAMA).state_dict()
    kinds = tensor_kinds(state)
    layer = "body.layers.0"
    norms = {
        f"{layer}.{which}_layernorm.weight" for which in ("input", "post_attention")
    }
    assert {n for n, kind in kinds.items() if kind == "norm"} == {
        *norms,
        "body.norm.weight",
    }
    matrices = {n for n, kind in kinds.items() if kind == "fc"}
    assert matrices == {n for n, value in state.items() if value.ndim == 2}
    assert "head.weight" in matrices


def test_gpt2s_tensors_are_of_the_kinds_of_theirs(build):
    state = build("causal-lm", image_size=(1, 6), config=GPT2).state_dict()
    kinds = tensor_kinds(state)
    norms = {n for n, kind in kinds.items() if kind == "norm"}
    assert norms == {n for n in state if ".ln_" in n}
    assert len(norms) == 6
    assert kinds["body.wpe.weight"] == kinds["head.weight"] == "fc"
    assert kinds["body.h.0.attn.c_attn.bias"] == "bias"
    # Conv1D counts inputs first.
    assert is_transposed("body.h.0.attn.c_attn.weight", state)
    assert not is_transposed("head.weight", state)
