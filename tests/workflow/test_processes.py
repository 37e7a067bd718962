"""A job whose processes train together, on pictures that stay in their files."""

import numpy as np
import pytest
import torch
from PIL import Image

from know.weights.checkpoint import load_checkpoint

pytestmark = pytest.mark.workflow

STAGE = "forgetting/zoo-s0/stage-1"
LOGS = ("pretrain_network/zoo-simplenet-norm-24-s0", "forget_stage/zoo-s0/stage-1")
OVERLAY = """
runs: zoo.tsv
datasets:
  zoo: {{source: {source}, path: zoo, size: 16, train: null, test: null, seed: 0}}
pretraining: {{images: 24, training: {{batch_size: 8, accumulate: {accumulate}}}}}
devices: {{processes: {processes}}}
tables: {{table1: {{methods: [naive]}}}}
"""


@pytest.fixture
def zoo(fresh):
    """24 and 8 pictures of two classes, and a sheet with one run on them."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 12), ("test", 4)):
        for name in ("ant", "bee"):
            folder = fresh.folder / "data" / "zoo" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    sheet = "run\tdataset\tarchitecture\tfraction\tseed\n"
    (fresh.folder / "zoo.tsv").write_text(
        f"{sheet}zoo-s0\tzoo\tsimplenet-norm\t1.0\t0\n"
    )
    return fresh


def test_two_processes_that_stream_forget_as_one_that_accumulates(zoo):
    found = []
    for source, processes, accumulate in (
        ("image-stream", 2, 1),
        ("image-folder", 1, 2),
    ):
        overlay = OVERLAY.format(
            source=source, processes=processes, accumulate=accumulate
        )
        target = f"results/{STAGE}.safetensors"
        run = zoo.snakemake("--cores", "2", overlay=overlay, targets=[target])
        assert run.returncode == 0, run.stdout
        found.append(load_checkpoint(zoo.folder / target))
        for log in LOGS:
            lines = (zoo.folder / "logs" / f"{log}.log").read_text().splitlines()
            assert [line.split()[3:5] for line in lines if "device:" not in line] == [
                ["epoch", "1/2"],
                ["epoch", "2/2"],
            ]
    (together, facts), (alone, _) = found
    assert facts["samples"] == 12
    # Running statistics are those of process 0's images.
    parameters = [n for n in alone if "running" not in n and "num_batches" not in n]
    for name in parameters:
        torch.testing.assert_close(together[name], alone[name], rtol=0, atol=1e-6)
