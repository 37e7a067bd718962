"""The thin scripts of the held-out table, each run as Snakemake would run it."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save

from know.checksum import checksummed_metadata, write_checksummed
from know.records import write_prediction_errors

SCRIPTS = Path(__file__).parents[3] / "workflow_scripts"
METHODS = ["linear-meta", "known"]


def run_script(name, folder, *, given, params=None, output):
    stand_in = SimpleNamespace(
        input=SimpleNamespace(**given),
        params=SimpleNamespace(**(params or {})),
        output=SimpleNamespace(**{k: str(folder / v) for k, v in output.items()}),
        log=[str(folder / f"{name}.log")],
    )
    runpy.run_path(str(SCRIPTS / f"{name}.py"), init_globals={"snakemake": stand_in})


@pytest.fixture
def tabulated(tmp_path, held_out_errors):
    files = [tmp_path / f"shard-{part}.json" for part in range(2)]
    write_prediction_errors(files[0], held_out_errors[:4])
    write_prediction_errors(files[1], held_out_errors[4:])
    run_script(
        "tabulate_hypernetworks",
        tmp_path,
        given={"errors": [str(file) for file in files]},
        params={"methods": METHODS, "reference": "linear-meta", "note": "A note."},
        output={"table": "hypernetwork.csv", "markdown": "hypernetwork.md"},
    )
    return tmp_path


def test_tabulate_hypernetworks_writes_its_two_tables(tabulated):
    assert len((tabulated / "hypernetwork.csv").read_text().splitlines()) == 3
    assert "A note." in (tabulated / "hypernetwork.md").read_text()
    log = (tabulated / "tabulate_hypernetworks.log").read_text()
    assert "10 errors made 2 rows" in log


def test_plot_hypernetworks_draws_that_table(tabulated):
    run_script(
        "plot_hypernetworks",
        tabulated,
        given={"table": str(tabulated / "hypernetwork.csv")},
        params={"methods": METHODS},
        output={"figure": "hypernetwork.svg"},
    )
    assert (tabulated / "hypernetwork.svg").read_text().startswith("<?xml")
    assert "drew 2 points" in (tabulated / "plot_hypernetworks.log").read_text()


def test_plot_meta_training_draws_the_curves_of_the_cards(tmp_path):
    card = {
        "hypernetwork": "small",
        "kind": "bias",
        "architecture": "known",
        "curve": [0.5, 0.25],
    }
    model = tmp_path / "known_bias.safetensors"
    weights = {"weight": np.zeros(2, dtype=np.float32)}
    write_checksummed(model, save(weights, checksummed_metadata(card)))
    run_script(
        "plot_meta_training",
        tmp_path,
        given={"models": [str(model)]},
        output={"figure": "meta_training.svg"},
    )
    assert (tmp_path / "meta_training.svg").read_text().startswith("<?xml")
    log = (tmp_path / "plot_meta_training.log").read_text()
    assert "drew the curves of 1 hyper-models" in log
