import pytest
import torch
from torch import nn
from torch.nn import functional

from know.errors import KnowError
from know.weights.kinds import tensor_kinds


@pytest.mark.parametrize(("image_size", "num_tokens"), [(16, 16), (32, 64)])
def test_has_a_position_for_every_patch_of_4_pixels(build, image_size, num_tokens):
    network = build("vit-small", image_size=image_size)
    assert network.body[0].position.shape == (num_tokens, 32)
    assert tensor_kinds(network.state_dict())["body.0.position"] == "fc"


def test_a_token_is_a_patch_and_its_place(build):
    embedding = build("vit-small").body[0]
    images_BCHW = torch.randn(1, 3, 16, 16, generator=torch.Generator())
    # The second row of patches, third in it: token 6.
    patch = images_BCHW[0, :, 4:8, 8:12]
    expected = (embedding.patches.weight * patch).sum((1, 2, 3)) + embedding.position[6]
    torch.testing.assert_close(embedding(images_BCHW)[0, 6], expected)


def test_a_block_is_pytorchs_with_the_norm_first(build):
    block = build("vit-small").body[1]
    reference = nn.TransformerEncoderLayer(
        *(32, 4, 64, 0.0), functional.gelu, batch_first=True, norm_first=True
    )
    names = {
        "norm_of_attention": "norm1",
        "attention.queries_keys_values.weight": "self_attn.in_proj_weight",
        "attention.queries_keys_values.bias": "self_attn.in_proj_bias",
        "attention.output": "self_attn.out_proj",
        "norm_of_dense": "norm2",
        "widen": "linear1",
        "narrow": "linear2",
    }
    state = {}
    for name, tensor in block.state_dict().items():
        (ours,) = [start for start in names if name.startswith(start)]
        state[names[ours] + name.removeprefix(ours)] = tensor
    reference.load_state_dict(state)
    tokens_BTW = torch.randn(2, 16, 32, generator=torch.Generator())
    torch.testing.assert_close(block(tokens_BTW), reference(tokens_BTW))


def test_branches_start_small_without_norm(build):
    normed, bare = build("vit-small"), build("vit-small", norm=False)
    # Four branches, so half.
    for index in (1, 2):
        for last in ("attention.output", "narrow"):
            usual = normed.body[index].get_submodule(last).weight
            damped = bare.body[index].get_submodule(last).weight
            torch.testing.assert_close(damped, usual / 2)


def test_refuses_images_not_made_of_patches(build):
    with pytest.raises(KnowError, match=r"multiple of the patch \(4\), got 18"):
        build("vit-small", image_size=18)
