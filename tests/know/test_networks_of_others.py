"""Networks of other libraries, fine-tuned on nested subsets: every method, and back."""

from fnmatch import fnmatchcase

import pytest
import timm
import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import know
from know.predictors import PREDICTORS
from know.predictors.methods import shipped_stages


def of_timm(name, **shape):
    return lambda: timm.create_model(name, num_classes=3, **shape)


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    shape = {"n_layer": 1, "n_head": 2, "n_embd": 8, "n_positions": 8}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    return GPT2LMHeadModel(GPT2Config(vocab_size=16, **shape, **ends))


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = {"hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    return LlamaForCausalLM(LlamaConfig(vocab_size=16, **shape, **heads))


def adapted():
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(r=2, target_modules=["q_proj", "v_proj"])
    return get_peft_model(llama(), settings)


PICTURES = {
    "timm convnext": of_timm("convnext_atto", depths=(1, 1, 1, 1), dims=(4, 4, 8, 8)),
    "timm vit": of_timm("vit_tiny_patch16_224", depth=1, embed_dim=12, img_size=32),
    "torchvision resnet18": lambda: torchvision.models.resnet18(num_classes=3),
    "torchvision vit": lambda: torchvision.models.VisionTransformer(
        image_size=32,
        patch_size=16,
        num_layers=1,
        num_heads=2,
        hidden_dim=12,
        mlp_dim=16,
        num_classes=3,
    ),
}
TEXTS = {"gpt2": gpt2, "llama": llama, "llama with LoRA": adapted}
# Of its eleven million weights, those of its first layers are enough to predict.
SKIPPED = {"torchvision resnet18": ["layer[234].*"]}
METHODS = [
    name
    for name in PREDICTORS
    if shipped_stages(name) or not PREDICTORS.facts(name).get("NEEDS_HYPERNETWORK")
]


def loss_of(network, batch):
    if len(batch) == 1:
        return network(input_ids=batch[0], labels=batch[0]).loss
    images, labels = batch
    return nn.functional.cross_entropy(network(images), labels)


def fit(network, loader):
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    network.train()
    for batch in loader:
        optimizer.zero_grad()
        loss_of(network, batch).backward()
        optimizer.step()


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PICTURES, *TEXTS])
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_every_method_predicts_what_the_network_takes_back(name, tmp_path):
    torch.manual_seed(0)
    skip = SKIPPED.get(name, [])
    if name in TEXTS:
        network = TEXTS[name]()
        data = TensorDataset(torch.randint(0, 16, (64, 8)))
    else:
        network = PICTURES[name]()
        labels = torch.randint(0, 3, (64,))
        data = TensorDataset(torch.rand(64, 3, 32, 32), labels)
    with know.Recorder(tmp_path / "run.zarr.zip", network, rate=0.5) as record:
        for subset in know.nested_subsets(data, rate=0.5, stages=5, seed=0):
            fit(network, DataLoader(subset, batch_size=16, shuffle=True))
            record(samples=len(subset))
    with know.open(tmp_path / "run.zarr.zip") as tensors:
        base = {each: tensors[each][0] for each in tensors}
        copied = {
            each
            for each in tensors
            if tensors.kinds[each] in {"norm", "buffer"}
            or any(fnmatchcase(each, glob) for glob in skip)
            or torch.equal(tensors[each], tensors[each][:1].expand_as(tensors[each]))
        }
    trained = {each for each, p in network.named_parameters() if p.requires_grad}
    assert trained - copied
    for method in METHODS:
        found = know.predict(tmp_path / "run.zarr.zip", method, skip=skip)
        network.load_state_dict(found, strict=True)
        assert all(torch.equal(found[each], base[each]) for each in copied), method
        moved = {each for each in found if not torch.equal(found[each], base[each])}
        assert moved == base.keys() - copied, method
        with torch.no_grad():
            assert loss_of(network.eval(), data[:]).isfinite(), method
