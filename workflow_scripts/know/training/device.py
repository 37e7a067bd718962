"""The device a job computes on, and its thread budget."""

import logging
import os
import tempfile
from itertools import count
from pathlib import Path
from typing import TextIO

import torch

from know.errors import KnowError

log = logging.getLogger("know")

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_LOCKS: list[TextIO] = []
"""Locks of this process's cards, which the system takes back when it ends."""


def prepare_device(threads: int, *, gpus: int = 0) -> torch.device:
    """Set the process up for a reproducible computation, and log its device.

    Args:
        threads: CPU threads that the job may use.
        gpus: GPUs that the config gives the job.

    Returns:
        The CUDA device if there is one, else the CPU.

    Raises:
        KnowError: if the job is given a GPU and there is none.
    """
    claim_cards(gpus)
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    has_gpu = torch.cuda.is_available()
    if gpus and not has_gpu:
        raise KnowError(
            "wanted a GPU, as devices.gpus_per_job asks for; PyTorch "
            f"{torch.__version__} finds none. Install its CUDA build and a driver, or "
            "set devices: {gpus_per_job: 0}"
        )
    name = torch.cuda.get_device_name() if has_gpu else f"CPU, {threads} threads"
    if has_gpu and _VISIBLE in os.environ:
        name += f", {_VISIBLE}={os.environ[_VISIBLE]}"
    log.info("device: %s", name)
    return torch.device("cuda" if has_gpu else "cpu")


def claim_cards(number: int) -> None:
    """Leave so many GPUs visible, those that the fewest jobs on this machine use.

    A job of Slurm sees only its own already. Elsewhere every job would take the first.
    """
    cards = os.environ.get(_VISIBLE, "").split(",")
    if cards == [""]:
        cards = [str(card) for card in range(torch.cuda.device_count())]
    if not 0 < number < len(cards):
        return
    import fcntl

    folder = Path(tempfile.gettempdir(), f"know-cards-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    taken: list[str] = []
    # The n-th lock of a card is held by the n-th of the jobs that share it.
    for place in count():
        for card in cards:
            file = (folder / f"{card}.{place}").open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            _LOCKS.append(file)
            if card not in taken:
                taken.append(card)
            if len(taken) == number:
                os.environ[_VISIBLE] = ",".join(taken)
                return
