"""Weights that networks start from: who reads them, and who fetches them."""

import re
import shutil
import subprocess

import pytest
from safetensors.torch import save_file

from know.architectures import build_network
from know.weights.checkpoint import load_checkpoint

pytestmark = pytest.mark.workflow

OVERLAY = """
architectures: {{pvt-narrow: {{options: {{weights: '{}'}}}}}}
tables: {{table2: {{methods: [naive], primary: null}}}}
"""
TABLE = ["results/table2.csv"]
NO_ROUTE = ["unshare", "--map-root-user", "--net"]
STAGES = [
    {"width": 24, "depth": 1, "heads": 1, "expansion": 4},
    {"width": 48, "depth": 1, "heads": 2, "expansion": 4},
]


def test_only_the_pre_training_waits_for_the_weights(fresh):
    (fresh.folder / "mine.safetensors").touch()
    overlay = OVERLAY.format("mine.safetensors").replace("naive", "naive, log-fit")
    run = fresh.snakemake("--dry-run", "--cores", "1", overlay=overlay, targets=TABLE)
    assert run.returncode == 0, run.stdout
    jobs = re.findall(r"^rule (\w+):\n    input: (.*)", run.stdout, re.MULTILINE)
    found = {rule for rule, files in jobs if "mine.safetensors" in files}
    assert found == {"pretrain_network"}


def test_published_weights_are_fetched_once_and_no_other_job_needs_a_network(fresh):
    hub = fresh.folder / "hub" / "tiny.safetensors"
    hub.parent.mkdir()
    facts = {"num_classes": 2, "image_size": 32, "options": {"stages": STAGES}}
    body = build_network("pvt-v2", seed=1, **facts).body[0].state_dict()
    save_file(body, hub)
    options = {"overlay": OVERLAY.format(hub.as_uri()), "targets": TABLE}
    fetch = fresh.snakemake("--cores", "1", **{**options, "targets": ["fetch"]})
    assert fetch.returncode == 0, fetch.stdout
    (file,) = (fresh.folder / "results").rglob("*.safetensors")
    assert load_checkpoint(file)[0].keys() == body.keys()
    # Elsewhere, with a copy of the fetched file alone.
    hub.unlink()
    shutil.rmtree(fresh.folder / ".snakemake")
    if subprocess.run([*NO_ROUTE, "true"], check=False).returncode:
        pytest.skip("this machine lets no one make a network namespace")
    table = subprocess.run(
        [*NO_ROUTE, *fresh.command("--cores", "2", **options)],
        cwd=fresh.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert table.returncode == 0, table.stdout
    assert "fetch_weights" not in table.stdout
    assert (fresh.folder / TABLE[0]).exists()
