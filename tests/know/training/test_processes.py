import importlib
import math
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch
from torch.multiprocessing import ProcessExitedException

import know
from know import preemption
from know.errors import KnowError
from know.job_log import job_log
from know.preemption import Preempted
from know.training.processes import run_together
from know.training.progress import Progress

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent

SCRIPT = """
import sys
sys.path[:0] = {paths}
from functools import partial
from together import wait_for_each_other
from know.training.processes import run_together

run_together(partial(wait_for_each_other, folder={folder!r}), processes=2, threads=2)
"""


@pytest.fixture
def together(monkeypatch):
    """The module of the jobs, importable by its own name in every process."""
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.delitem(sys.modules, "together", raising=False)
    return importlib.import_module("together")


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def until(condition, *, seconds=300):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.05)


def assert_close(found, wanted):
    assert set(found) == set(wanted)
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=1e-6)


def test_one_process_is_this_one(together):
    job = partial(together.train_small, norm=False)
    found = run_together(job, processes=1, threads=1)
    assert (found["processes"], found["passes"]) == (1, 6)


def test_two_processes_end_in_the_weights_of_one_that_accumulates(together, tmp_path):
    # With a kill in the middle of an epoch between: process 1 fails in the fourth of
    # six steps, when process 0 has kept at least two of the three before it.
    kept = Progress(tmp_path / "kept", "purpose", interval=0, share=math.inf)
    job = partial(together.train_both, progress=kept)
    with pytest.raises(KnowError, match=r"^pass 4 was fatal$"):
        run_together(partial(job, fatal=4), processes=2, threads=2)
    assert kept.path.exists()
    with job_log(tmp_path / "log"):
        plain, norm = run_together(job, processes=2, threads=2)
    alone, norm_alone = together.train_both(torch.device("cpu"), accumulate=2)
    assert_close(plain["state"], alone["state"])
    assert_close(plain["optimizer_state"], alone["optimizer_state"])
    assert (plain["processes"], plain["threads"]) == (2, 1)
    assert 3 <= plain["passes"] <= 4 < alone["passes"] == 12
    assert plain["curve"] == alone["curve"] == [{"process": 0}] * 3
    # Norm layers normalise micro-batches either way; what runs along is process 0's.
    running = {name for name in norm["state"] if "running" in name or "num_" in name}
    assert_close(
        {n: value for n, value in norm["state"].items() if n not in running},
        {n: value for n, value in norm_alone["state"].items() if n not in running},
    )
    counts = [f["state"]["body.1.num_batches_tracked"] for f in (norm, norm_alone)]
    assert [int(count) for count in counts] == [6, 12]
    # Process 0 alone writes, into the log of the job.
    lines = [
        line.partition(" INFO ")[2]
        for line in (tmp_path / "log").read_text().split("\n")
    ]
    assert lines[0] == "device: CPU, 1 threads"
    assert lines[1].startswith("resuming after epoch 1 and ")
    epochs = [line[:9] for line in lines[2:7]]
    assert epochs == ["epoch 2/3", "epoch 3/3", "epoch 1/3", "epoch 2/3", "epoch 3/3"]


def test_a_warned_job_goes_on_from_where_all_its_processes_were(
    together, tmp_path, warn, monkeypatch
):
    kept = Progress(tmp_path / "kept", "purpose", interval=math.inf)
    job = partial(together.train_small, norm=False, progress=kept)
    with pytest.raises(Preempted):
        run_together(partial(job, warned=3), processes=2, threads=2)
    monkeypatch.setattr(preemption, "_received", [])
    found = run_together(job, processes=2, threads=2)
    alone = together.train_small(torch.device("cpu"), norm=False, accumulate=2)
    # Process 1 warns in its third step, when the first has begun to end its second.
    assert found["passes"] <= 4, "of six steps at least two are not repeated"
    assert_close(found["state"], alone["state"])


def test_a_process_that_dies_ends_the_others(together):
    wanted = "process 1 terminated with signal SIGKILL"
    with pytest.raises(ProcessExitedException, match=wanted):
        run_together(together.be_killed, processes=2, threads=2)


@pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
def test_no_process_outlives_its_parent_and_none_runs_the_script_again(tmp_path):
    folder = tmp_path / "pids"
    folder.mkdir()
    library = Path(know.__file__).parents[1]
    script = tmp_path / "job.py"
    script.write_text(
        SCRIPT.format(paths=[str(library), str(HERE)], folder=str(folder))
    )
    with subprocess.Popen([sys.executable, str(script)]) as parent:
        try:
            until(lambda: len(list(folder.iterdir())) == 2 or parent.poll() is not None)
            assert parent.poll() is None, "the script could not start its processes"
        finally:
            parent.kill()
    pids = [int(path.name) for path in folder.iterdir()]
    until(lambda: not any(map(is_running, pids)))


def test_each_process_wants_a_gpu_where_there_are_any(together, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    wanted = "wanted a GPU for each of 2 processes, found 1"
    with pytest.raises(KnowError, match=wanted):
        run_together(together.be_killed, processes=2, threads=2)
