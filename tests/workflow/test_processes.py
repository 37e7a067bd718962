"""A job whose processes train together."""

import pytest
import torch

from know.weights.checkpoint import load_checkpoint

pytestmark = pytest.mark.workflow

STAGE = "forgetting/smoke-s0/stage-1"
LOGS = ("pretrain_network/shapes-simplenet-norm-60-s0", "forget_stage/smoke-s0/stage-1")


def test_two_processes_forget_as_one_that_accumulates(fresh):
    states = []
    for overlay in (
        "devices: {processes: 2}",
        "pretraining: {training: {accumulate: 2}}",
    ):
        target = f"results/{STAGE}.safetensors"
        run = fresh.snakemake("--cores", "2", overlay=overlay, targets=[target])
        assert run.returncode == 0, run.stdout
        state, facts = load_checkpoint(fresh.folder / target)
        states.append(state)
        assert facts["samples"] == 30
        for log in LOGS:
            lines = (fresh.folder / "logs" / f"{log}.log").read_text().splitlines()
            assert [line.split()[3:5] for line in lines] == [
                ["epoch", "1/2"],
                ["epoch", "2/2"],
            ]
    together, alone = states
    # Running statistics are those of process 0's images.
    parameters = [n for n in alone if "running" not in n and "num_batches" not in n]
    for name in parameters:
        torch.testing.assert_close(together[name], alone[name], rtol=0, atol=1e-6)
