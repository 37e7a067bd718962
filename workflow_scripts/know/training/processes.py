"""One training in one process, or in several of one job, each on a device of its own.

`torch.distributed` joins the processes, by gloo on CPUs and by NCCL on GPUs. They are
spawned, not forked: neither CUDA nor OpenMP's threads survive a fork.
"""

import logging
import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import (
    ProcessExitedException,
    ProcessRaisedException,
    spawn,
)

from know.errors import KnowError
from know.preemption import (
    AGAIN,
    Preempted,
    heed_warnings,
    ignore_warnings,
    leave_if_warned,
)
from know.training.device import claim_cards, prepare_device

log = logging.getLogger("know")

Result = TypeVar("Result")

_PATIENCE = timedelta(days=1)
"""Longest wait for another process, which may be measuring."""
_GRACE = 1.0
"""Seconds in which the others have to end after one has."""


def num_processes() -> int:
    """Number of processes that train one network together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def process_number() -> int:
    """Number of this process; process 0 measures, logs and writes."""
    return distributed.get_rank() if distributed.is_initialized() else 0


@torch.no_grad()
def sum_over_processes(loss: Tensor, network: nn.Module) -> Tensor:
    """Add up a step's losses, and its gradients in place, over all processes.

    Args:
        loss: this process's share, a scalar.
        network: its gradients are this process's share; the same parameters have one in
            every process.

    Returns:
        The sum of the losses, the same in every process.
    """
    if num_processes() == 1:
        return loss
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    # One message: with one per tensor, each would wait for the slowest process.
    flat = torch.cat([loss.reshape(1), *(grad.reshape(-1) for grad in gradients)])
    distributed.all_reduce(flat)
    total, *sums = torch.split(flat, [1, *(grad.numel() for grad in gradients)])
    for gradient, its_sum in zip(gradients, sums, strict=True):
        gradient.copy_(its_sum.view_as(gradient))
    return total[0]


def run_together(
    job: Callable[..., Result], *, processes: int, threads: int, gpus: int = 0
) -> Result:
    """Call `job(device=...)` in several processes at once.

    If one of them raises or dies, the others are ended; if this one dies, all end.

    Args:
        job: a function of a module, or a `functools.partial` of one, whose arguments
            can be pickled. A single process is this one.
        processes: number of processes; on a machine with GPUs each has one.
        threads: CPU threads, divided among the processes.
        gpus: GPUs that the config gives the job.

    Returns:
        What process 0 returned.

    Raises:
        KnowError: if there are fewer GPUs than processes, or none where some are given;
            or if a process raised it.
        torch.multiprocessing.ProcessRaisedException: if a process failed, with its
            number and its traceback.
        torch.multiprocessing.ProcessExitedException: if a signal ended one.
        Preempted: if this process, or the first, is warned.
    """
    if processes == 1:
        return job(device=prepare_device(threads, gpus=gpus))
    claim_cards(gpus)
    num_gpus = torch.cuda.device_count()
    if num_gpus < processes and (num_gpus or gpus):
        raise KnowError(
            f"wanted a GPU for each of {processes} processes, found {num_gpus}"
        )
    logs = [
        (handler.baseFilename, handler.formatter)
        for handler in log.handlers
        if isinstance(handler, logging.FileHandler)
    ]
    # Hidden, or the spawned processes would run the parent's script again.
    script = sys.modules["__main__"]
    with TemporaryDirectory() as folder:
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            context = spawn(  # type: ignore[no-untyped-call]
                _take_part,
                (job, processes, max(1, threads // processes), Path(folder), logs),
                nprocs=processes,
                join=False,
                daemon=True,
            )
            while not context.join(grace_period=_GRACE):
                pass
        except (ProcessRaisedException, ProcessExitedException):
            leave_if_warned()
            # The others lose touch with the first, and fail, when it leaves.
            if context.processes[0].exitcode == AGAIN:
                raise Preempted(AGAIN) from None
            for mistake in Path(folder).glob("mistake-*"):
                raise KnowError(mistake.read_text()) from None
            raise
        finally:
            sys.modules["__main__"] = script
        # Written by a process of this job, in a folder that only this user can open.
        result: Result = pickle.loads(Path(folder, "result").read_bytes())  # noqa: S301
        return result


def _take_part(
    number: int,
    job: Callable[..., object],
    processes: int,
    threads: int,
    folder: Path,
    logs: list[tuple[str, logging.Formatter | None]],
) -> None:
    """Run the job in a spawned process; process 0 appends to the parent's log files."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if number == 0:
        heed_warnings()
        log.setLevel(logging.INFO)
        for path, formatter in logs:
            handler = logging.FileHandler(path)
            handler.setFormatter(formatter)
            log.addHandler(handler)
    else:
        ignore_warnings()
    _join(number, processes, folder)
    try:
        result = job(device=prepare_device(threads))
    except KnowError as error:
        (folder / f"mistake-{number}").write_text(str(error))
        raise
    if number == 0:
        (folder / "result").write_bytes(pickle.dumps(result))
    distributed.destroy_process_group()


def _join(number: int, processes: int, folder: Path) -> None:
    """Meet the other processes; on a machine with GPUs, take the one of this number."""
    has_gpus = torch.cuda.is_available()
    if has_gpus:
        torch.cuda.set_device(number)
    elif sys.platform == "linux":
        # Gloo would look its host's name up, which need not lead back to this machine.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group(
        "nccl" if has_gpus else "gloo",
        init_method=(folder / "meeting").as_uri(),
        rank=number,
        world_size=processes,
        timeout=_PATIENCE,
    )


def _end_with_parent() -> None:
    """End this process when its parent has died, even while it waits for another."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a spawned process has come here"
    parent.join()
    os._exit(1)
