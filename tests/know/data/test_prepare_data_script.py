import logging
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import know
from know.data.arrays import read_dataset

SCRIPT = Path(know.__file__).parents[1] / "prepare_data.py"


def job(tmp_path, **settings):
    return SimpleNamespace(
        input=SimpleNamespace(fetched=[]),
        params=SimpleNamespace(settings=settings),
        wildcards=SimpleNamespace(dataset="shapes16"),
        output=SimpleNamespace(dataset=str(tmp_path / "shapes16.safetensors")),
        threads=1,
        log=[str(tmp_path / "shapes16.log")],
    )


@pytest.fixture(autouse=True)
def _restored_log_level():
    before = logging.getLogger("know").level
    yield
    logging.getLogger("know").setLevel(before)


def test_the_script_writes_the_data_set_and_logs_it(tmp_path):
    snakemake = job(tmp_path, source="shapes", size=16, train=5, test=4)
    runpy.run_path(str(SCRIPT), {"snakemake": snakemake})
    dataset = read_dataset(Path(snakemake.output.dataset))
    assert (dataset.name, len(dataset.train_labels)) == ("shapes16", 5)
    assert (
        "5 training and 4 test images of 36 classes"
        in Path(snakemake.log[0]).read_text()
    )
