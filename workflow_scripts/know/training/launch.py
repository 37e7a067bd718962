"""One training in several processes of one job, each on a device of its own.

`torch.distributed` joins the processes, by gloo on CPUs and by NCCL on GPUs. They are
spawned, not forked: neither CUDA nor OpenMP's threads survive a fork.
"""

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, TypeVar

import torch

from know.errors import KnowError
from know.training.device import prepare_device

log = logging.getLogger("know")

Result = TypeVar("Result")

_PATIENCE = timedelta(days=1)
"""Longest wait for another process, which may be measuring."""


def run_together(job: Callable[..., Result], *, processes: int, threads: int) -> Result:
    """Call `job(device=...)` in several processes at once.

    If one of them raises or dies, the others are ended; if this one dies, all end.

    Args:
        job: a function of a module, or a `functools.partial` of one, whose arguments
            can be pickled. A single process is this one.
        processes: number of processes; on a machine with GPUs each has one.
        threads: CPU threads, divided among the processes.

    Returns:
        What process 0 returned.

    Raises:
        KnowError: if there are fewer GPUs than processes.
        RuntimeError: if a process failed, with its number and its traceback.
    """
    if processes == 1:
        return job(device=prepare_device(threads))
    num_gpus = torch.cuda.device_count()
    if 0 < num_gpus < processes:
        raise KnowError(
            f"wanted a GPU for each of {processes} processes, found {num_gpus}"
        )
    with TemporaryDirectory() as folder:
        team = _Team(Path(folder), processes, max(1, threads // processes))
        team.job.write_bytes(pickle.dumps(job))
        _supervise(_started(team), team)
        result: Result = pickle.loads(team.result.read_bytes())
        return result


@dataclass(frozen=True)
class _Team:
    """Processes that work together, and the folder through which they communicate."""

    folder: Path
    processes: int
    threads: int
    """CPU threads per process."""

    @property
    def job(self) -> Path:
        return self.folder / "job"

    @property
    def result(self) -> Path:
        return self.folder / "result"

    @property
    def error(self) -> Path:
        """Traceback of the first process that failed."""
        return self.folder / "error"


def _started(team: _Team) -> list[BaseProcess]:
    context = multiprocessing.get_context("spawn")
    logs = [
        (handler.baseFilename, handler.formatter)
        for handler in log.handlers
        if isinstance(handler, logging.FileHandler)
    ]
    members: list[BaseProcess] = [
        context.Process(target=_take_part, args=(number, team, logs, log.level))
        for number in range(team.processes)
    ]
    try:
        with _script_hidden():
            for member in members:
                member.start()
    except BaseException:
        _end(members)
        raise
    return members


def _supervise(members: list[BaseProcess], team: _Team) -> None:
    """Wait until all processes have succeeded, or end them all."""
    try:
        waiting: dict[Any, BaseProcess] = {m.sentinel: m for m in members}
        while waiting:
            for sentinel in wait(list(waiting)):
                waiting.pop(sentinel).join()
            if any(member.exitcode for member in members):
                raise RuntimeError(_failure(members, team))
    finally:
        _end(members)


def _failure(members: list[BaseProcess], team: _Team) -> str:
    """Say why the processes failed; a killed one is the cause of others' errors."""
    for number, member in enumerate(members):
        if member.exitcode is not None and member.exitcode < 0:
            name = signal.Signals(-member.exitcode).name
            return f"process {number} of {team.processes} was ended by {name}"
    return team.error.read_text()


def _end(members: list[BaseProcess]) -> None:
    for member in members:
        if member.is_alive():
            member.kill()
            member.join()


def _take_part(
    number: int,
    team: _Team,
    logs: list[tuple[str, logging.Formatter | None]],
    log_level: int,
) -> None:
    """Run the job in a spawned process; process 0 appends to the parent's log files."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if number == 0:
        log.setLevel(log_level)
        for path, formatter in logs:
            handler = logging.FileHandler(path)
            handler.setFormatter(formatter)
            log.addHandler(handler)
    try:
        _join(number, team)
        job = pickle.loads(team.job.read_bytes())
        result = job(device=prepare_device(team.threads))
        if number == 0:
            team.result.write_bytes(pickle.dumps(result))
        torch.distributed.destroy_process_group()
    except BaseException as error:
        with suppress(FileExistsError), team.error.open("x") as file:
            heading = f"process {number} of {team.processes} failed"
            file.write(f"{heading}:\n{traceback.format_exc()}")
        raise SystemExit(1) from error


def _join(number: int, team: _Team) -> None:
    """Meet the other processes; on a machine with GPUs, take the one of this number."""
    has_gpus = torch.cuda.is_available()
    if has_gpus:
        torch.cuda.set_device(number)
    elif sys.platform == "linux":
        # Gloo would look its host's name up, which need not lead back to this machine.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.distributed.init_process_group(
        "nccl" if has_gpus else "gloo",
        init_method=(team.folder / "meeting").as_uri(),
        rank=number,
        world_size=team.processes,
        timeout=_PATIENCE,
    )


def _end_with_parent() -> None:
    """End this process when its parent has died, even while it waits for another."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a spawned process has come here"
    parent.join()
    os._exit(1)


@contextmanager
def _script_hidden() -> Iterator[None]:
    """Keep spawned processes from running the parent's script again."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script
