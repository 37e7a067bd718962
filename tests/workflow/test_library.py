"""Which library a job imports."""

import pytest

pytestmark = pytest.mark.workflow


def test_jobs_import_the_library_beside_the_snakefile(fresh):
    fresh.edit(
        "workflow_scripts/know/job_log.py",
        'log = logging.getLogger("know")',
        'raise RuntimeError("this very checkout")',
    )
    run = fresh.snakemake("--cores", "1", targets=["results/data/digits.safetensors"])
    assert run.returncode != 0
    assert "this very checkout" in run.stdout
