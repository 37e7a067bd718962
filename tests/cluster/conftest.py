import pytest
from loopback import missing_programs, running_slurm


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    if missing := missing_programs():
        pytest.skip(f"no Slurm here: {', '.join(missing)} not on PATH")
    with running_slurm(tmp_path_factory.mktemp("slurm").resolve()) as cluster:
        yield cluster
