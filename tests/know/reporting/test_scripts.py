"""The thin scripts of this room, each run as Snakemake would run it."""

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from know.checksum import checksummed_metadata, write_checksummed
from know.records import write_prediction_errors, write_scores
from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.write import write_trajectory

SCRIPTS = Path(__file__).parents[3] / "workflow_scripts"


def run_script(name, folder, *, given=None, params=None, output):
    stand_in = SimpleNamespace(
        input=SimpleNamespace(**(given or {})),
        params=SimpleNamespace(**(params or {})),
        output=SimpleNamespace(**{k: str(folder / v) for k, v in output.items()}),
        log=[str(folder / f"{name}.log")],
    )
    runpy.run_path(str(SCRIPTS / f"{name}.py"), init_globals={"snakemake": stand_in})


@pytest.fixture
def tabulated(tmp_path, make_facts, scores):
    facts = make_facts()
    files = [str(tmp_path / f"scores-{part}.json") for part in range(2)]
    write_scores(Path(files[0]), scores[:7])
    write_scores(Path(files[1]), scores[7:])
    run_script(
        "tabulate_scores",
        tmp_path,
        given={"scores": files},
        params={
            "runs": facts.runs,
            "methods": facts.methods,
            "tasks": facts.tasks,
            "average": False,
            "title": "Table 1",
            "note": "A note.",
            "paper_table": "table1",
        },
        output={
            "table": "table1.csv",
            "seeds": "table1_seeds.csv",
            "times": "table1_times.csv",
            "markdown": "table1.md",
        },
    )
    return tmp_path


def test_tabulate_scores_writes_its_four_tables(tabulated):
    lines = {
        name: len((tabulated / name).read_text().splitlines())
        for name in ("table1.csv", "table1_seeds.csv", "table1_times.csv")
    }
    assert lines == {"table1.csv": 7, "table1_seeds.csv": 7, "table1_times.csv": 7}
    page = (tabulated / "table1.md").read_text()
    assert page.startswith("# Table 1\n\nA note.\n")
    assert "paper 100 %" in page


def test_plot_table_draws_that_table(tabulated):
    table = {"table": str(tabulated / "table1.csv")}
    run_script("plot_table", tabulated, given=table, output={"figure": "t.svg"})
    assert (tabulated / "t.svg").read_text().startswith("<?xml")
    assert "drew 6 bars" in (tabulated / "plot_table.log").read_text()


def test_tabulate_times_puts_seconds_beside_that_table(tabulated, make_facts):
    facts = make_facts()
    benchmark = tabulated / "network.tsv"
    benchmark.write_text("s\th:m:s\n12.5\t0:00:12\n")
    row = {"run": "r0", "method": "naive", "factor": 1.0}
    run_script(
        "tabulate_times",
        tabulated,
        given={
            "table": str(tabulated / "table1.csv"),
            "times": str(tabulated / "table1_times.csv"),
        },
        params={
            "runs": facts.runs,
            "methods": facts.methods,
            "tasks": facts.tasks,
            "average": False,
            "rows": [{**row, "benchmarks": {"pretraining": [str(benchmark)]}}],
            "rate": 0.5,
            "stages": 5,
            "note": "A note.",
        },
        output={"table": "table7.csv", "markdown": "table7.md"},
    )
    assert ",12.50,,,,12.50,," in (tabulated / "table7.csv").read_text()
    assert "A note." in (tabulated / "table7.md").read_text()


def test_plot_forgetting_draws_the_accuracies_of_the_stores(tmp_path):
    record = StageRecord(
        samples=8,
        epochs=1.0,
        learning_rate=1e-3,
        accuracy=80.0,
        test_accuracy=None,
        checkpoint="0" * 64,
    )
    stages = (record, replace(record, samples=4, accuracy=75.0))
    state = {"fc.weight": torch.zeros(2, 3), "fc.bias": torch.zeros(2)}
    files = [tmp_path / f"r{seed}.zarr.zip" for seed in range(2)]
    for seed, file in enumerate(files):
        attributes = TrajectoryAttributes(
            run=f"r{seed}", stages=stages, seed=seed, code_version="c", versions={}
        )
        kinds = {"fc.weight": "fc", "fc.bias": "bias"}
        write_trajectory(file, [state, state], kinds, attributes)
    run_script(
        "plot_forgetting",
        tmp_path,
        given={"stores": [str(file) for file in files]},
        params={"runs": ["r0", "r1"]},
        output={"figure": "forgetting.svg"},
    )
    assert (tmp_path / "forgetting.svg").read_text().startswith("<?xml")
    assert "drew 2 runs" in (tmp_path / "plot_forgetting.log").read_text()


@pytest.fixture
def held_out(tmp_path, held_out_errors):
    files = [tmp_path / f"shard-{part}.json" for part in range(2)]
    write_prediction_errors(files[0], held_out_errors[:4])
    write_prediction_errors(files[1], held_out_errors[4:])
    run_script(
        "tabulate_hypernetworks",
        tmp_path,
        given={"errors": [str(file) for file in files]},
        params={
            "methods": ["linear-meta", "known"],
            "reference": "linear-meta",
            "note": "A note.",
        },
        output={"table": "hypernetwork.csv", "markdown": "hypernetwork.md"},
    )
    return tmp_path


def test_tabulate_hypernetworks_writes_its_two_tables(held_out):
    assert len((held_out / "hypernetwork.csv").read_text().splitlines()) == 3
    assert "A note." in (held_out / "hypernetwork.md").read_text()
    log = (held_out / "tabulate_hypernetworks.log").read_text()
    assert "10 errors made 2 rows" in log


def test_plot_hypernetworks_draws_that_table(held_out):
    run_script(
        "plot_hypernetworks",
        held_out,
        given={"table": str(held_out / "hypernetwork.csv")},
        params={"methods": ["linear-meta", "known"]},
        output={"figure": "hypernetwork.svg"},
    )
    assert (held_out / "hypernetwork.svg").read_text().startswith("<?xml")
    assert "drew 2 points" in (held_out / "plot_hypernetworks.log").read_text()


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
    assert "drew the curves of 1 hypernetworks" in log
