"""Jobs for the processes of `test_processes`, in a module that they can import."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import torch
from torch import distributed

from know.architectures import build_network
from know.errors import KnowError
from know.training.engine import train
from know.training.images import put_images
from know.training.processes import num_processes, process_number
from know.training.settings import Phase, TrainingSettings


def train_small(device, *, norm, accumulate=1, progress=None, fatal=None, warned=None):
    """Train on 22 images; process 1 fails at its forward pass of that number.

    Or it warns the parent.
    """
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (22, 16, 16, 3), dtype=np.uint8)
    images = put_images(pixels, np.arange(22) % 3, device=device)
    network = build_network(
        "simplenet",
        num_classes=3,
        image_size=16,
        seed=0,
        options={"width": 2, "norm": norm},
    )
    passes = []

    def count(*_):
        passes.append(None)
        if process_number() == 1 and len(passes) == fatal:
            raise KnowError(f"pass {fatal} was fatal")
        if process_number() == 1 and len(passes) == warned:
            os.kill(os.getppid(), signal.SIGUSR1)

    network.register_forward_pre_hook(count)
    result = train(
        network,
        images,
        TrainingSettings(
            phases=(
                Phase(
                    epochs=1,
                    learning_rate=0.01,
                    schedule="constant",
                    trainable="norm-and-head",
                ),
                Phase(epochs=2, learning_rate=0.01, schedule="constant"),
            ),
            batch_size=8,
            accumulate=accumulate,
            augmentation="affine",
        ),
        seed=5,
        evaluate=lambda network: {"process": process_number()},
        progress=progress,
    )
    return {
        "state": dict(network.state_dict()),
        "optimizer_state": result.optimizer_state,
        "curve": result.curve,
        "passes": len(passes),
        "processes": num_processes(),
        "threads": torch.get_num_threads(),
    }


def train_both(device, **options):
    """A network without norm layers, with these options, and one with them."""
    return (
        train_small(device, norm=False, **options),
        train_small(device, norm=True, accumulate=options.get("accumulate", 1)),
    )


def be_killed(device):
    """End process 1 as a machine does that is out of memory; process 0 waits for it."""
    if process_number() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    distributed.all_reduce(torch.zeros(1))


def wait_for_each_other(device, *, folder):
    """Say who is here, and wait: process 0 for process 1, that one for nothing."""
    Path(folder, str(os.getpid())).touch()
    if process_number() == 1:
        time.sleep(600)
    distributed.all_reduce(torch.zeros(1))
