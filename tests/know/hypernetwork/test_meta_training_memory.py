import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import know

pytestmark = pytest.mark.slow

LIMIT = 24_000_000
"""Bytes that a training may take beyond what it takes on one tiny shard."""
SHARDS = 120
"""Together ten times the limit."""
SCRIPT = """
import re, resource, sys
from pathlib import Path

import torch

from know.hypernetwork.meta_training import MetaTraining, meta_train
from know.hypernetwork.roles import HeldOut

torch.set_num_threads(1)
tiny, shards, in_memory, limit = sys.argv[1:]


def train(paths, shards_in_memory):
    settings = MetaTraining(
        hypernetwork="small",
        model="linear-meta",
        kind="fc",
        stages=5,
        epochs=1,
        batch_size=64,
        learning_rate=0.001,
        schedule="constant",
        weights_per_window=16,
        patience=1,
        shards_in_memory=shards_in_memory,
    )
    held_out = HeldOut(every=3, families=[], datasets=[])
    return meta_train(paths, settings, held_out, device=torch.device("cpu"))


# Whatever is loaded at first use is loaded now.
train([Path(tiny)], 1)
status = Path("/proc/self/status").read_text()
used = 1024 * int(re.search(r"VmData:\\s*(\\d+) kB", status)[1])
resource.setrlimit(resource.RLIMIT_DATA, (used + int(limit), used + int(limit)))
_, card = train(sorted(Path(shards).iterdir()), int(in_memory))
print(card["trials"]["training"])
"""


@pytest.fixture
def write(make_drawn, make_facts, write_drawn):
    """A writer of a shard of a training trial of some weights and a stopping trial."""

    def of(path, size):
        generator = torch.Generator().manual_seed(0)
        tensors = [torch.randn(6, n, generator=generator) for n in (size, 3)]
        drawn = make_drawn(*tensors, trials=[make_facts(0), make_facts(1)])
        return write_drawn(path, "fc", drawn)

    return of


@pytest.fixture
def train(tmp_path, write):
    """Train under the limit on all shards, so many of them in memory at once."""
    tiny = write(tmp_path / "tiny", 3)
    first = write(tmp_path / "shards" / "0", 10 * LIMIT // SHARDS // 6 // 4)
    for number in range(1, SHARDS):
        # One content under many names: what counts is how much is read.
        first.with_name(str(number)).hardlink_to(first)
    total = sum(path.stat().st_size for path in first.parent.iterdir())
    assert total >= 10 * LIMIT

    def run(in_memory, limit=LIMIT):
        names = map(str, (tiny, first.parent, in_memory, limit))
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, *names],
            cwd=Path(know.__file__).parents[1],
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_shards_of_ten_times_the_memory_are_trained_on(train):
    done = train(in_memory=1)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{SHARDS}\n"


def test_all_of_them_at_once_would_not_fit(train):
    done = train(in_memory=SHARDS)
    assert done.returncode != 0
    # Whichever comes first: reading a file, or a tensor.
    assert re.search("MemoryError|allocate memory", done.stderr), done.stderr
