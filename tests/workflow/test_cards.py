"""Cards that jobs write, and files that stand in the wrong place."""

import shutil

import pytest

from know.cards import check_cards
from know.configuration import read_config
from know.plan import resolve_project

pytestmark = pytest.mark.workflow


def test_every_file_of_a_run_is_what_the_plan_expects(finished, monkeypatch):
    config_folder = finished.folder / "config"
    config = read_config(config_folder, config_folder / "smoke.yaml")
    monkeypatch.chdir(finished.folder)
    _, plan = resolve_project(finished.folder, config)
    made = {
        file: card
        for file, card in plan["cards"].items()
        if (finished.folder / file).is_file()
    }
    assert {file.split("/")[1] for file in made} >= {
        *("data", "networks", "forgetting", "incremental", "trajectories", "fitted"),
        *("metadata", "hypernetworks", "predictions", "scores"),
    }
    check_cards(made)


def test_another_methods_prediction_stops_the_job_that_reads_it(finished):
    folder = finished.folder / "results/predictions/smoke-s0"
    shutil.copy(folder / "tsv/n1.safetensors", folder / "known/n1.safetensors")
    run = finished.snakemake("--cores", "1")
    assert run.returncode != 0
    line = "known/n1.safetensors: wanted method 'known', found 'tsv'"
    assert line in run.stdout
