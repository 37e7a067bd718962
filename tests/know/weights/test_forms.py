"""Twenty-three ways of saving a network, each by the library that has it, and back.

Three stages lie on a straight line, so that the next one is known. The page on formats
lists the same ways.
"""

import argparse
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import safetensors.torch
import timm
import torch
from torch import Tensor, nn
from typer.testing import CliRunner

from know.cli import app

PAGE = Path(__file__).parents[3] / "docs/formats.md"


def small_network():
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2)
    )


def with_tied_weights():
    network = nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.Linear(3, 3))
    network[2].weight = network[0].weight
    return network


def small_resnet():
    return timm.create_model("resnet10t", num_classes=2)


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    shape = {"n_layer": 1, "n_head": 2, "n_embd": 8, "n_positions": 4}
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=8, bos_token_id=0, eos_token_id=0, **shape)
    )


def adapted_gpt2():
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    return get_peft_model(
        gpt2(), LoraConfig(r=2, target_modules=["c_proj"], fan_in_fan_out=True)
    )


def loaded(network: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
    network.load_state_dict(state, strict=True)
    return network


def torch_file(path: Path):
    return torch.load(path, weights_only=True)


def lightning_module():
    from lightning.pytorch import LightningModule

    class Module(LightningModule):
        def __init__(self):
            super().__init__()
            self.net = small_network()

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters())

    return Module()


def save_by_lightning(module: nn.Module, path: Path) -> None:
    from lightning.pytorch import Trainer

    trainer = Trainer(logger=False, accelerator="cpu", enable_progress_bar=False)
    trainer.strategy.connect(module)
    trainer.save_checkpoint(path)


def load_by_lightning(path: Path) -> nn.Module:
    return type(lightning_module()).load_from_checkpoint(path, strict=True)


def save_by_trainer(network: nn.Module, path: Path) -> None:
    """Save as `train` does in its `checkpoint-` folders."""
    from transformers import Trainer, TrainingArguments

    settings = TrainingArguments(str(path.parent / "trainer"), report_to="none")
    trainer = Trainer(network, settings)
    trainer.create_optimizer_and_scheduler(num_training_steps=1)
    trainer.save_model(str(path))
    trainer.state.save_to_json(str(path / "trainer_state.json"))
    torch.save(trainer.optimizer.state_dict(), path / "optimizer.pt")


def save_by_accelerate(network: nn.Module, path: Path) -> None:
    from accelerate import Accelerator

    Accelerator(cpu=True).save_model(network, path)


def load_by_accelerate(path: Path) -> nn.Module:
    from accelerate import load_checkpoint_in_model

    network = small_network()
    load_checkpoint_in_model(network, path, strict=True)
    return network


def load_by_transformers(path: Path) -> nn.Module:
    from transformers import GPT2LMHeadModel

    network, problems = GPT2LMHeadModel.from_pretrained(
        path, output_loading_info=True, dtype="auto"
    )
    assert not any(problems.values())
    return network


def save_old_transformers(network: nn.Module, path: Path) -> None:
    path.mkdir()
    network.config.save_pretrained(path)
    torch.save(network.state_dict(), path / "pytorch_model.bin")


def load_by_peft(path: Path) -> nn.Module:
    from peft import PeftModel

    torch.manual_seed(0)
    return PeftModel.from_pretrained(gpt2(), path)


def save_by_timm(network: nn.Module, path: Path) -> None:
    timm.models.save_for_hf(network, path, model_config={"num_classes": 2})


def load_by_timm(path: Path) -> nn.Module:
    return timm.create_model(f"local-dir:{path}", pretrained=True)


def load_tied(path: Path) -> nn.Module:
    network = with_tied_weights()
    safetensors.torch.load_model(network, path, strict=True)
    return network


def averaged() -> nn.Module:
    return torch.optim.swa_utils.AveragedModel(small_network())


def training_state(network: nn.Module, key: str) -> dict[str, object]:
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    return {
        "epoch": 3,
        key: network.state_dict(),
        "optimizer": optimizer.state_dict(),
    }


@dataclass(frozen=True)
class Form:
    """A way of saving, and how what it saved is loaded, strictly."""

    build: Callable[[], nn.Module]
    suffix: str
    save: Callable[[nn.Module, Path], object]
    load: Callable[[Path], nn.Module]


def torch_form(build, suffix, content, state, **options) -> Form:
    """A form of `torch.save`: what is saved, and the state dict in it."""
    return Form(
        build,
        suffix,
        lambda network, path: torch.save(content(network), path, **options),
        lambda path: loaded(build(), state(torch_file(path))),
    )


def plain(value):
    return value


FORMS = {
    "`safetensors.torch.save_file`": Form(
        small_network,
        ".safetensors",
        lambda net, path: safetensors.torch.save_file(net.state_dict(), path),
        lambda path: loaded(small_network(), safetensors.torch.load_file(path)),
    ),
    "`safetensors.torch.save_model`": Form(
        with_tied_weights, ".safetensors", safetensors.torch.save_model, load_tied
    ),
    "`torch.save` of a state dict": torch_form(
        small_network, ".pt", nn.Module.state_dict, plain
    ),
    "the same with tied weights": torch_form(
        with_tied_weights, ".pth", nn.Module.state_dict, plain
    ),
    "the same before PyTorch 1.6": torch_form(
        small_network,
        ".pth",
        nn.Module.state_dict,
        plain,
        _use_new_zipfile_serialization=False,
    ),
    "a dict with `model_state_dict` and an optimizer": torch_form(
        small_network,
        ".pt",
        lambda net: training_state(net, "model_state_dict"),
        lambda content: content["model_state_dict"],
    ),
    "a dict with `model` and an optimizer": torch_form(
        small_network,
        ".pth",
        lambda net: training_state(net, "model"),
        lambda content: content["model"],
    ),
    "`torch.nn.DataParallel`": torch_form(
        lambda: nn.DataParallel(small_network()), ".pt", nn.Module.state_dict, plain
    ),
    "`torch.compile`": torch_form(
        lambda: torch.compile(small_network()), ".pt", nn.Module.state_dict, plain
    ),
    "`torch.optim.swa_utils.AveragedModel`": torch_form(
        averaged, ".pt", nn.Module.state_dict, plain
    ),
    "Lightning's `save_checkpoint`": Form(
        lightning_module, ".ckpt", save_by_lightning, load_by_lightning
    ),
    "transformers' `save_pretrained`": Form(
        gpt2, "", lambda net, path: net.save_pretrained(path), load_by_transformers
    ),
    "the same in shards": Form(
        gpt2,
        "",
        lambda net, path: net.save_pretrained(path, max_shard_size="2KB"),
        load_by_transformers,
    ),
    "the same in bfloat16": Form(
        lambda: gpt2().bfloat16(),
        "",
        lambda net, path: net.save_pretrained(path),
        load_by_transformers,
    ),
    "`pytorch_model.bin` of transformers before 5": Form(
        gpt2, "", save_old_transformers, load_by_transformers
    ),
    "a `checkpoint-` folder of transformers' `Trainer`": Form(
        gpt2, "", save_by_trainer, load_by_transformers
    ),
    "PEFT's `save_pretrained`": Form(
        adapted_gpt2, "", lambda net, path: net.save_pretrained(path), load_by_peft
    ),
    "accelerate's `save_model`": Form(
        small_network, "", save_by_accelerate, load_by_accelerate
    ),
    "timm's `save_for_hf`": Form(small_resnet, "", save_by_timm, load_by_timm),
}


def save_whole(network: nn.Module, path: Path) -> None:
    torch.save(network, path)


def save_scripted(network: nn.Module, path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        torch.jit.script(network).save(path)


def save_with_arguments(network: nn.Module, path: Path) -> None:
    state = training_state(network, "model")
    torch.save(state | {"args": argparse.Namespace(lr=0.1)}, path)


def save_in(dtype: torch.dtype) -> Callable[[nn.Module, Path], None]:
    def save(network: nn.Module, path: Path) -> None:
        state = {name: v.to(dtype) for name, v in network.state_dict().items()}
        safetensors.torch.save_file(state, path)

    return save


REFUSED = {
    "`torch.save` of a whole network": (save_whole, ".pt", "object of class torch.nn"),
    "`torch.jit.save`": (save_scripted, ".pt", "is no file of torch.save"),
    "a dict with `args`, an `argparse.Namespace`": (
        save_with_arguments,
        ".pth",
        "object of class argparse.Namespace",
    ),
    "weights of eight bits": (save_in(torch.float8_e4m3fn), ".safetensors", "F8_E4M3"),
}


def saved_stages(build, suffix, save, folder):
    """Save three stages, each parameter one less than in the stage before."""
    torch.manual_seed(0)
    network = build()
    with torch.no_grad():
        for parameter in network.parameters():
            # Whole numbers are exact in 16 bits.
            parameter.copy_(torch.randint(2, 9, parameter.shape))
    start = {n: p.detach().clone() for n, p in network.named_parameters()}
    paths = [folder / f"stage-{stage}{suffix}" for stage in range(3)]
    for stage, path in enumerate(paths):
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                parameter.copy_(start[name] - stage)
        save(network, path)
    return start, paths


def predicted(paths, output):
    words = ["predict", *paths, "-o", output, "--method", "linear-fit"]
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.filterwarnings("ignore:::(lightning|torch)")
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_a_prediction_loads_where_its_stages_came_from(name, tmp_path):
    form = FORMS[name]
    start, paths = saved_stages(form.build, form.suffix, form.save, tmp_path)
    output = tmp_path / f"predicted{form.suffix}"
    done = predicted(paths, output)
    assert done.exit_code == 0, done.output
    found = dict(form.load(output).named_parameters())
    for parameter in start:
        if name.startswith("PEFT") and "lora_" not in parameter:
            continue  # The base network, which an adapter's folder does not hold.
        moved = found[parameter] - start[parameter]
        assert moved.dtype == start[parameter].dtype
        # Matrices are predicted; of vectors, those of norm layers are copied.
        wanted = 1.0 if moved.ndim > 1 else moved[0].round().item()
        assert wanted in {0, 1}
        torch.testing.assert_close(moved, torch.full_like(moved, wanted))


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_reason(name, tmp_path):
    save, suffix, message = REFUSED[name]
    _, paths = saved_stages(small_network, suffix, save, tmp_path)
    done = predicted(paths, tmp_path / f"predicted{suffix}")
    assert done.exit_code == 2
    assert message in done.stderr


def test_the_page_on_formats_lists_every_form():
    table = PAGE.read_text().partition("| saved by | ")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \| .*?\| (.+?) \|$", table, re.M)
    assert [row for row, _ in rows] == [*FORMS, *REFUSED]
    assert all(("refused" in result) == (row in REFUSED) for row, result in rows)
