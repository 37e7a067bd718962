"""A downstream task of 40 random images, and weights to start from."""

import numpy as np
import pytest
import torch

from know.architectures import build_network
from know.data.arrays import image_dataset
from know.forgetting.ladder import Ladder, Pretraining
from know.tasks.classification import load_task
from know.tasks.finetuning import Finetuning
from know.tasks.selection import Probe
from know.tasks.trials import Candidate, TrialSetting
from know.training.images import put_images
from know.weights.checkpoint import save_checkpoint
from know.weights.kinds import tensor_kinds

CPU = torch.device("cpu")


def random_images(count, seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 16, 16, 3), dtype=np.uint8)


@pytest.fixture
def dataset():
    images = random_images(60, seed=0)
    labels = np.arange(60) % 4
    return image_dataset(
        "downstream",
        train=(images[:40], labels[:40]),
        test=(images[40:], labels[40:]),
        class_names=("a", "b", "c", "d"),
        settings={},
    )


@pytest.fixture
def task(dataset):
    return load_task(dataset, device=CPU)


@pytest.fixture
def calibration():
    """Ten other images, in place of D_0."""
    return put_images(random_images(10, seed=1), np.zeros(10), device=CPU)


@pytest.fixture
def config():
    """Settings of a fine-tuning as the config states them."""
    return {
        "task": "downstream",
        "architecture": "simplenet",
        "options": {"width": 2, "norm": True},
        "norm_layers": "base",
        "evaluate_every": 1,
        "training": {
            "phases": [
                {
                    "epochs": 1,
                    "learning_rate": 0.02,
                    "schedule": "constant",
                    "trainable": "norm-and-head",
                },
                {"epochs": 2, "learning_rate": 0.01, "schedule": "cosine"},
            ],
            "batch_size": 10,
            "augmentation": "none",
        },
    }


@pytest.fixture
def make_settings(config):
    return lambda **changes: Finetuning.from_config({**config, **changes})


@pytest.fixture
def state():
    """Weights of a network of two classes, whose norm layers hold odd values."""
    network = build_network(
        "simplenet",
        num_classes=2,
        image_size=16,
        seed=0,
        options={"width": 2, "norm": True},
    )
    state = dict(network.state_dict())
    generator = torch.Generator().manual_seed(0)
    for name in state:
        if name.startswith("body.1."):
            draws = torch.rand(state[name].shape, generator=generator)
            state[name] = (draws + 1).to(state[name].dtype)
    return state


@pytest.fixture
def base(state, tmp_path):
    """The checkpoint of `state`."""
    path = tmp_path / "base.safetensors"
    save_checkpoint(path, state, {"kinds": list(tensor_kinds(state).items())})
    return path


@pytest.fixture
def make_candidate(base):
    def make(**changes):
        usual = {"run": "r0", "method": "naive", "horizon": 0, "factor": 1.0}
        return Candidate(**{**usual, "path": base, **changes})

    return make


@pytest.fixture
def setting(task, base, make_settings):
    return TrialSetting(
        task=task,
        settings=make_settings(),
        base=base,
        calibration=None,
        purpose="purpose",
        digests={"train": "11", "test": "22"},
    )


@pytest.fixture
def pretraining(config):
    """Settings of a pre-training on 30 of the images, as the config states them."""
    return {
        "network": "n0",
        "architecture": "simplenet",
        "options": config["options"],
        "images": 30,
        "seed": 0,
        "training": config["training"],
    }


@pytest.fixture
def ladder(dataset, pretraining):
    """D_0 of 30 images beside a test split of 20."""
    return Ladder(dataset, Pretraining.from_config(pretraining), device=CPU)


@pytest.fixture
def theta(ladder):
    """Weights of the ladder's network, whose norm layers hold odd values."""
    state = dict(ladder.network().state_dict())
    odd = {n: value + 2 for n, value in state.items() if n.startswith("body.1.")}
    return {**state, **odd}


@pytest.fixture
def probe_config(config):
    """Settings of a probe as the config states them."""
    return {
        "images": 4,
        "draws": 2,
        "level": 0.1,
        "training": config["training"],
    }


@pytest.fixture
def probe(probe_config):
    return Probe.from_config(probe_config)
