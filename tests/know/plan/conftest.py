"""A small config and its run sheets, for plans worked by hand."""

from copy import deepcopy

import pytest

from know.configuration import merged
from know.errors import KnowError
from know.plan import resolve

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
OF_A_TABLE = ("runs", "pretraining", "forgetting", "horizons")
VIEWS = {
    "held-out": {"runs": "held-out.tsv", "truths": "withheld", "title": "near"},
    "oracle": {"runs": "oracle.tsv", "truths": "oracle", "title": "far"},
}
CONFIG = {
    "runs": "runs.tsv",
    "data_root": "data",
    "datasets": {
        "shapes": {"source": "shapes", "size": 16, "train": 800, "test": 100},
        "digits": {"source": "digits", "size": 16, "train": 40, "test": 100},
        "pictures": {"source": "npz", "size": 32, "train": None, "test": None},
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
            "type": "classification",
            "dataset": "digits",
            "trials": 6,
            "trials_per_job": 2,
            "evaluate_every": 10,
            "training": PHASES,
            "learning_rate_choice": {"mode": "fixed"},
        },
        "streets": {
            "type": "segmentation",
            "dataset": "digits",
            "options": {"samples": 3},
            "trials": 4,
            "trials_per_job": 2,
            "evaluate_every": 1,
            "training": PHASES,
            "learning_rate_choice": {"mode": "grid"},
        },
    },
    "samples": {},
    "selection": {"table": "table1", "split": "test", "images": 50, "share": 0.5},
    "landscape": {
        "pretraining": {"images": 80},
        "stages": 3,
        "horizon": 1,
        "views": VIEWS,
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
            "note": "worked by hand",
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


class Workbench:
    """The small config and its run sheets, both to be changed."""

    def __init__(self):
        self.config = deepcopy(CONFIG)
        self.sheets = {
            "runs.tsv": [
                row_of("full-s0"),
                row_of("half-s0", fraction=0.5),
                row_of("full-s1", seed=1),
            ],
            "held-out.tsv": [row_of("near-s0"), row_of("near-s1", seed=1)],
            "oracle.tsv": [
                row_of("far-s0", fraction=0.5),
                row_of("far-s1", fraction=0.5, seed=1),
            ],
        }

    def change(self, **values):
        """Replace the values at dotted places of the config (`__` for a dot)."""
        for place, value in values.items():
            *parents, last = place.split("__")
            section = self.config
            for parent in parents:
                section = section[parent]
            section[last] = value
        return self

    def plan(self, **values):
        """Resolve the config; a digest is the script and the modules it covers."""
        self.change(**values)
        config = deepcopy(self.config)
        own = {key: config[key] for key in OF_A_TABLE}
        config["tables"] = {t: merged(own, s) for t, s in config["tables"].items()}
        config["landscape"] = merged(own, config["landscape"])
        return resolve(
            config,
            self.sheets.__getitem__,
            lambda script, *modules: " ".join([script, *modules]),
        )

    def refusal(self, **values):
        """Problems for which the config is refused, line by line."""
        with pytest.raises(KnowError) as refused:
            self.plan(**values)
        heading, *problems = str(refused.value).splitlines()
        assert heading == "the config contradicts itself:"
        return [problem.removeprefix("  - ") for problem in problems]


@pytest.fixture
def bench():
    return Workbench()


@pytest.fixture
def row():
    """A maker of a row of a run sheet."""
    return row_of


@pytest.fixture
def plan(bench):
    return bench.plan()
