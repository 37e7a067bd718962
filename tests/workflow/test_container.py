"""Jobs in an image: what Snakemake asks of Apptainer, of which there is none here."""

import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.workflow

APPTAINER = """#!/bin/bash
[ "$1" = --version ] && { echo apptainer version 1.3.0; exit; }
echo "$@" >> "$(dirname "$0")/asked"
while [ "$1" != sh ] && [ "$1" != bash ]; do shift; done
exec "$@"
"""


def test_a_config_names_the_image_that_jobs_run_in(fresh, monkeypatch):
    binary = fresh.folder / "bin" / "apptainer"
    binary.parent.mkdir()
    binary.write_text(APPTAINER)
    binary.chmod(0o755)
    (fresh.folder / "know.sif").touch()
    python = Path(sys.executable).parent
    path = os.pathsep.join(map(str, (binary.parent, python, os.environ["PATH"])))
    monkeypatch.setenv("PATH", path)
    run = fresh.snakemake(
        *("--cores", "1", "--software-deployment-method", "apptainer"),
        overlay="container: know.sif",
        targets=["results/data/digits.safetensors"],
    )
    assert run.returncode == 0, run.stdout
    assert " know.sif " in (binary.parent / "asked").read_text()
