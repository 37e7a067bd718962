"""Score records made by hand, and the facts that go with them."""

import pytest

from know.records import PredictionError, Score, WeightComparison
from know.reporting.facts import TableFacts
from know.reporting.table import collect_trials, over_seeds, tabulate

HALF = WeightComparison(norm_ratio=0.5, cosine=0.25, step_ratio=0.75)


@pytest.fixture
def make_scores():
    """Give the scores of one row, trial numbers counting from zero."""

    def make(run, method, values, *, horizon=0, **changes):
        shared = {
            "run": run,
            "method": method,
            "horizon": horizon,
            "factor": 2.0**horizon,
            "task": "digits",
            "metric": "accuracy",
            "seconds": 2.0,
            "seed": 0,
            "learning_rate": 1e-3,
            "comparison": HALF,
            "digests": {"weights": f"{method}-{horizon}", "train": "t", "test": "e"},
            "versions": {},
            **changes,
        }
        return [
            Score(trial=trial, value=value, curve=[value], **shared)
            for trial, value in enumerate(values)
        ]

    return make


@pytest.fixture
def make_run():
    """Give the facts of one run."""

    def make(run="r0", *, fraction=1.0, seed=0, title="a small network"):
        return {"run": run, "fraction": fraction, "seed": seed, "title": title}

    return make


@pytest.fixture
def make_task():
    """Give the facts of one task."""

    def make(task="digits", *metrics, title=None, paper_column=None):
        return {
            "task": task,
            "metrics": list(metrics) or ["accuracy"],
            "trials": 3,
            "test_images": None,
            "title": title or task,
            "paper_column": paper_column,
            "lower_is_better": False,
        }

    return make


@pytest.fixture
def make_facts(make_run, make_task, methods):
    """Give the facts of a table: of one run, the methods below and one task."""

    def make(*runs, methods=methods, tasks=(), average=False, primary=None):
        runs = runs or [make_run()]
        covered = [run["run"] for run in runs]
        return TableFacts(
            runs=runs,
            methods=[{"runs": covered, **method} for method in methods],
            tasks=tasks or [make_task()],
            average=average,
            primary=primary,
        )

    return make


@pytest.fixture
def methods():
    """Give naive, one method, its control and the oracle."""
    return [
        method_facts("naive", paper_row="naive"),
        method_facts("known", 1, 2, same_norms="known-same-norms", paper_row="KNOWN"),
        method_facts("known-same-norms", 1, 2, is_control=True),
        method_facts("oracle", 1),
    ]


def method_facts(method, *horizons, **changes):
    none = {"is_control": False, "same_norms": None, "paper_row": None, "stages": None}
    return {"method": method, "horizons": horizons or [0], **none, **changes}


@pytest.fixture
def table_of():
    """Give the table of some scores."""

    def table(scores, facts):
        return tabulate(collect_trials(scores, facts), facts)

    return table


@pytest.fixture
def seeds_of(table_of):
    """Give the table of some scores, pooled over seeds."""

    def seeds(scores, facts):
        return over_seeds(table_of(scores, facts), facts)

    return seeds


@pytest.fixture
def scores(make_scores):
    """Give three trials of every row of one run; differences worked by hand below.

    known x2 - naive: 1, 2, 3; - same norms: 0, 0, 0. known x4 - naive: 2, 2, 2;
    - same norms: 1, 2, 3. Same norms x2 - naive: 1, 2, 3; x4: 1, 0, -1.
    oracle x2 - naive: 0, 0, 0.
    """
    return [
        *make_scores("r0", "naive", [80.0, 81.0, 82.0]),
        *make_scores("r0", "known", [81.0, 83.0, 85.0], horizon=1),
        *make_scores("r0", "known", [82.0, 83.0, 84.0], horizon=2),
        *make_scores("r0", "known-same-norms", [81.0, 83.0, 85.0], horizon=1),
        *make_scores("r0", "known-same-norms", [81.0, 81.0, 81.0], horizon=2),
        *make_scores("r0", "oracle", [80.0, 81.0, 82.0], horizon=1),
    ]


@pytest.fixture
def make_errors():
    """Give one method's errors in one cell, from errors by (trial, window)."""

    def make(method, values, **changes):
        shared = {
            "group": "trials",
            "kind": "conv",
            "horizon": 1,
            "dataset": "shapes",
            "weights": 10,
            **changes,
        }
        return [
            PredictionError(
                method=method,
                trial=trial,
                window=window,
                family="mlp" if trial == 2 else "simplenet",
                error=float(error),
                **shared,
            )
            for (trial, window), error in values.items()
        ]

    return make


@pytest.fixture
def held_out_errors(make_errors):
    """Give two methods' errors in one cell: three trials, five windows."""
    windows = [(0, 2), (0, 3), (1, 2), (2, 2), (2, 3)]
    linear, known = [0.6, 0.7, 0.8, 1.0, 1.2], [0.5, 0.5, 0.9, 0.9, 1.6]
    return [
        *make_errors("linear-meta", dict(zip(windows, linear, strict=True))),
        *make_errors("known", dict(zip(windows, known, strict=True))),
    ]
