"""Table 7: seconds beside values, worked by hand."""

from datetime import timedelta

import pandas as pd
import pytest

from know.errors import KnowError
from know.reporting.times import (
    read_seconds,
    tabulate_times,
    timed_csv,
    times_page,
)

KEY = ["run", "task", "metric", "fraction", "method", "factor"]
COLUMNS = [*KEY, "trials", "mean", "std", "seconds_mean"]
TABLE = [
    ("r0", "digits", "accuracy", 0.5, "naive", 1.0, 2, 80.0, 1.0, 4.0),
    ("r0", "digits", "loss", 0.5, "naive", 1.0, 2, 0.5, 0.1, 4.0),
    ("r0", "digits", "accuracy", 0.5, "known", 2.0, 2, 82.0, 2.0, 5.0),
    ("r1", "digits", "accuracy", 0.5, "naive", 1.0, 2, 84.0, 7.0, 6.0),
    ("r1", "digits", "accuracy", 0.5, "known", 2.0, 2, 86.0, 2.0, 5.0),
]
# 1 + 1/2 + 1/4 = 1.75. r0: (40 + 21 + 11) / 40 = 1.8. r1: (60 + 30 + 15) / 60 = 1.75.
TABLE_7 = """\
run,fraction,task,metric,method,factor,compute,pretraining_seconds,forgetting_seconds,\
storing_seconds,prediction_seconds,total_seconds,training_ratio,geometric_ratio,\
downstream_seconds,trials,mean,std
r0,0.5,digits,accuracy,naive,1,1.00,40.00,,,,40.00,,,4.000,2,80.0000,1.0000
r0,0.5,digits,accuracy,known,2,1.75,40.00,32.00,2.00,3.00,77.00,1.8000,1.7500,\
5.000,2,82.0000,2.0000
r1,0.5,digits,accuracy,naive,1,1.00,60.00,,,,60.00,,,6.000,2,84.0000,7.0000
r1,0.5,digits,accuracy,known,2,1.75,60.00,45.00,4.00,5.00,114.00,1.7500,1.7500,\
5.000,2,86.0000,2.0000
"""


def write_benchmark(path, *seconds):
    rows = [f"{s}\t{timedelta(seconds=int(s))}\t90.1" for s in seconds]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["s\th:m:s\tmax_rss", *rows]) + "\n")
    return str(path)


@pytest.fixture
def wanted(tmp_path):
    """The rows of two seeds, each with its benchmark files."""
    rows = []
    for run, pretraining, *stages, storing, prediction in (
        ("r0", 40, 21, 11, 2, 3),
        ("r1", 60, 30, 15, 4, 5),
    ):
        naive = {
            "pretraining": [write_benchmark(tmp_path / run / "net.tsv", pretraining)]
        }
        known = {
            **naive,
            "forgetting": [
                write_benchmark(tmp_path / run / f"{stage}.tsv", seconds)
                for stage, seconds in enumerate(stages)
            ],
            "storing": [write_benchmark(tmp_path / run / "store.tsv", storing)],
            "prediction": [write_benchmark(tmp_path / run / "known.tsv", prediction)],
        }
        rows += [
            {
                "run": run,
                "method": method,
                "factor": factor,
                "compute": compute,
                "benchmarks": benchmarks,
            }
            for method, factor, compute, benchmarks in (
                ("naive", 1.0, 1.0, naive),
                ("known", 2.0, 1.75, known),
            )
        ]
    return rows


@pytest.fixture
def facts(make_facts, make_run, make_task, methods):
    return make_facts(
        make_run("r0", fraction=0.5),
        make_run("r1", fraction=0.5, seed=1),
        methods=methods[:2],
        tasks=[make_task("digits", "accuracy", "loss")],
    )


@pytest.fixture
def rows(facts, wanted):
    table = pd.DataFrame(TABLE, columns=COLUMNS)
    return tabulate_times(table, facts, rows=wanted, rate=0.5, stages=3)


def test_renders_the_table_worked_by_hand(rows):
    assert timed_csv(rows) == TABLE_7


def test_the_page_pools_seeds_beside_the_paper(rows, facts):
    machine = {"processor": "A processor", "cores": 2, "system": "Linux"}
    page = times_page(rows, facts, rate=0.5, stages=3, note="A note.", machine=machine)
    assert page.startswith("# Table 7\n\nA note.\n\nSeconds are")
    assert "made on A processor, 2 cores, Linux;" in page
    assert "r = 0.5, S = 3" in page
    grids = [line for line in page.splitlines() if line.startswith("| ")]
    # Both seeds gain two points, so there is no interval.
    first = "at most twice naive's training, the first is **known x2**: +2.00."
    assert first in page
    assert [line for line in grids if "---" not in line] == [
        "| data | method | factor | compute | seeds | gain |",
        "| 50 % | known | x2 | 1.75 | 2 | +2.00 |",
        "| method | factor | data | seeds | pretraining | forgetting | storing "
        "| prediction | sum | downstream | accuracy (%) "
        "| paper training | paper prediction | paper accuracy (%) |",
        # Spread over trials: the root of (1 + 49) / 2.
        "| naive | x1 | 50 % | 2 | 50.0 |  |  |  | 50.0 | 5.00 | 82.00 ± 5.00 "
        "| 3,800.0 |  | 92.08 |",
        "| known | x2 | 50 % | 2 | 50.0 | 38.5 | 3.00 | 4.00 | 95.5 | 5.00 "
        "| 84.00 ± 2.00 | 7,372.0 | 3.01 | 92.58 |",
        "| run | measured | expected |",
        "| `r0` | 1.800 | 1.750 |",
        "| `r1` | 1.750 | 1.750 |",
    ]


def test_seconds_are_means_over_the_lines_of_a_benchmark(tmp_path):
    day = tmp_path / "day.tsv"
    day.write_text("s\th:m:s\n93784.0001\t1 day, 2:03:04\n")
    repeated = write_benchmark(tmp_path / "repeated.tsv", 2.5, 3.5)
    assert read_seconds([str(day), repeated]) == {str(day): 93784.0001, repeated: 3.0}


def test_every_damaged_benchmark_is_named(tmp_path):
    texts = {
        "cut": "s\n",
        "changed": "s\th:m:s\n92.5\t0:00:12\n",
        "empty": "s\th:m:s\n",
        "text": "s\th:m:s\nfast\t0:00:12\n",
        "unknown": "s\th:m:s\n\t0:00:12\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.tsv").write_text(text)
    good = write_benchmark(tmp_path / "good.tsv", 12.5)
    files = [good, *(str(tmp_path / f"{name}.tsv") for name in [*texts, "absent"])]
    with pytest.raises(KnowError, match="these are no benchmarks") as refused:
        read_seconds(files)
    lines = str(refused.value).splitlines()[1:]
    found = [line.removeprefix("  - ").split(": ")[0] for line in lines]
    assert found == sorted(files[1:])
