"""A small config, worked by hand, for the tests of plans."""

from copy import deepcopy

import pytest

from know.plan import Plan

PHASES = {"phases": [{"epochs": 2}], "batch_size": 5}
METADATA = {
    "datasets": ["pictures"],
    "families": ["tiny"],
    "shards": 3,
    "trials_per_shard": 2,
    "stages": 4,
    "images_seen": 600,
    "largest_epochs": 4,
    "smallest_subset": 8,
    "rate": [0.5, 0.9],
    "optimizers": [
        {"optimizer": "adam", "learning_rate": [0.001, 0.002], "weight_decay": 0}
    ],
    "schedules": ["constant"],
    "smallest_batch": 8,
    "largest_batch": 32,
    "measured": 20,
    "augmentation": "none",
    "weights_per_tensor": 64,
    "held_out": {"every": 3, "families": ["small"], "datasets": []},
}
CONFIG = {
    "datasets": {
        "shapes": {"size": 16, "train": 800},
        "digits": {"size": 16, "train": 40},
        "pictures": {"size": 32, "train": None},
    },
    "architectures": {
        "small": {"architecture": "simplenet", "options": {"norm": True}},
        "tiny": {"architecture": "simplenet", "options": {"width": 4}},
    },
    "pretraining": {"images": 100, "stratified": False, "training": PHASES},
    "forgetting": {"stages": 4, "rate": 0.5},
    "horizons": [1, 2, 3],
    "metadata": {"meta": METADATA, "spare": {**METADATA, "datasets": ["shapes"]}},
    "hypernetworks": {
        "ours": {
            "model": "known",
            "source": "trained",
            "metadata": "meta",
            "training": {"stages": 3},
        },
        "theirs": {"model": "known", "source": "results/imported"},
        "given": {"model": "known-plus", "source": "shipped"},
    },
    "hypernetwork_table": {
        "metadata": "meta",
        "methods": ["plus", "known", "tsv"],
        "reference": "tsv",
        "stages": 3,
        "horizons": [1, 2, 3],
        "trials_per_group": 7,
    },
    "methods": {
        "naive": {"weights": "base", "paper_row": "naive"},
        "naive-fresh": {"weights": "base", "norm_layers": "fresh", "is_control": True},
        "incremental": {"weights": "incremental"},
        "tsv": {"predictor": "tsv", "options": {"fraction": 0.2}},
        "known": {"predictor": "known", "hypernetwork": "ours", "paper_row": "KNOWN"},
        "known-theirs": {
            "predictor": "known",
            "hypernetwork": "theirs",
            "norm_layers": "recalibrate",
        },
        "plus": {"predictor": "known-plus", "hypernetwork": "given"},
        "known-norms": {"control": "same-norms", "of": "known"},
        "theirs-random": {"control": "random-direction", "of": "known-theirs"},
        "oracle": {"weights": "oracle"},
    },
    "tasks": {
        "digits": {
            "dataset": "digits",
            "trials": 6,
            "trials_per_job": 2,
            "evaluate_every": 10,
            "training": PHASES,
            "learning_rate_choice": {"mode": "fixed"},
        },
        "graded": {
            "dataset": "digits",
            "trials": 1,
            "trials_per_job": 1,
            "evaluate_every": 1,
            "training": PHASES,
            "learning_rate_choice": {"mode": "grid"},
        },
    },
    "samples": {},
    "landscape": {
        "pretraining": {"images": 80},
        "stages": 3,
        "horizon": 1,
        "views": {},
        "methods": ["tsv", "plus"],
        "points": 6,
        "points_per_job": 2,
        "images": None,
        "spread": 0.5,
        "noise": 0.1,
    },
    "tables": {
        "table1": {
            "tasks": ["digits"],
            "norm_layers": "fresh",
            "methods": [
                "naive",
                "naive-fresh",
                "incremental",
                "tsv",
                "known",
                "known-theirs",
                "known-norms",
                "theirs-random",
                "oracle",
            ],
        },
    },
}


def row_of(name, *, fraction=1.0, seed=0, dataset="shapes", architecture="small"):
    return {
        "run": name,
        "dataset": dataset,
        "architecture": architecture,
        "fraction": fraction,
        "seed": seed,
    }


RUNS = [row_of("full-s0"), row_of("half-s0", fraction=0.5), row_of("full-s1", seed=1)]


def config_with(**values):
    """The config with the values at dotted places (`__` for a dot) replaced."""
    config = deepcopy(CONFIG)
    for place, value in values.items():
        *parents, last = place.split("__")
        section = config
        for parent in parents:
            section = section[parent]
        section[last] = value
    return config


def refusal_of(config, runs=RUNS):
    """What a plan says of a config or run sheet, line by line."""
    return Plan(config, runs, "table1").problems()


@pytest.fixture
def changed():
    """A maker of the config, with the values at some dotted places replaced."""
    return config_with


@pytest.fixture
def row():
    """A maker of a row of the run sheet."""
    return row_of


@pytest.fixture
def runs():
    """Three runs: another fraction and another seed beside the first."""
    return RUNS


@pytest.fixture
def refusal():
    """A reader of what a plan refuses."""
    return refusal_of


@pytest.fixture
def make_plan():
    """A maker of the plan of the config, with some values replaced."""

    def make(**values):
        plan = Plan(config_with(**values), RUNS, "table1")
        assert plan.problems() == []
        return plan

    return make


@pytest.fixture
def plan(make_plan):
    return make_plan()
