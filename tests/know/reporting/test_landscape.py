import csv
import io

import pytest

from know.errors import KnowError
from know.landscape_record import Location
from know.reporting.landscape import landscape_csv, tabulate_locations

VIEWS = {"near": ["a-s0", "a-s1"], "far": ["b-s0"]}


def location(run, method, distance, **changes):
    shared = {
        "seed": 0,
        "horizon": 1,
        "kind": "predicted",
        "step": 0.5,
        "cosine": 0.25,
        "shown": 0.75,
        "accuracy": 80.0,
    }
    return Location(run=run, method=method, distance=distance, **{**shared, **changes})


@pytest.fixture
def locations():
    copy = {"step": 0.0, "cosine": None, "shown": None}
    return [
        found
        for number, run in enumerate(["a-s0", "a-s1", "b-s0"])
        for found in (
            location(run, "truth", 0.0, step=1.0, cosine=1.0, accuracy=90.0),
            location(run, "naive", 1.0, accuracy=70.0 + number, **copy),
            location(run, "tsv", 0.8 + 0.3 * number, accuracy=75.0 + 3 * number),
        )
    ]


def rows_of(locations, **changes):
    given = {"views": VIEWS, "methods": ["tsv"], **changes}
    return tabulate_locations(locations, **given)


def test_rows_come_by_view_and_method(locations):
    rows = rows_of(locations)
    expected = [(view, m) for view in VIEWS for m in ("naive", "truth", "tsv")]
    assert [(row.view, row.method) for row in rows] == expected


def test_seeds_are_summed_up_as_worked_by_hand(locations):
    text = landscape_csv(rows_of(locations))
    found = list(csv.DictReader(io.StringIO(text)))[2]
    assert found == {
        "view": "near",
        "horizon": "1",
        "kind": "predicted",
        "method": "tsv",
        "seeds": "2",
        "distance_mean": "0.9500",
        "distance_std": "0.2121",
        "closer": "1",
        "step_mean": "0.5000",
        "step_std": "0.0000",
        "cosine_mean": "0.2500",
        "cosine_std": "0.0000",
        "shown_mean": "0.7500",
        "accuracy_mean": "76.5000",
        "accuracy_std": "2.1213",
        "accuracy_vs_naive_mean": "6.0000",
        "accuracy_vs_naive_std": "1.4142",
    }


def test_one_seed_has_no_spread_and_copying_no_direction(locations):
    text = landscape_csv(rows_of(locations))
    naive = list(csv.DictReader(io.StringIO(text)))[3]
    assert (naive["view"], naive["method"], naive["seeds"]) == ("far", "naive", "1")
    for empty in ("distance_std", "cosine_mean", "cosine_std", "shown_mean"):
        assert naive[empty] == ""


def test_kinds_and_horizons_are_cells_of_their_own(locations):
    conv = [
        Location(**{**vars(x), "kind": "conv", "accuracy": None, "shown": None})
        for x in locations
    ]
    rows = rows_of([*locations, *conv])
    assert [row.cell for row in rows[:6:3]] == [(1, "predicted"), (1, "conv")]
    assert rows[3].gains() == []


def test_everything_missing_is_named(locations):
    lacking = [x for x in locations if (x.run, x.method) != ("a-s1", "tsv")]
    views = {**VIEWS, "empty": ["c-s0"]}
    with pytest.raises(KnowError) as refused:
        rows_of(lacking, views=views)
    assert str(refused.value).splitlines() == [
        "the table of Figure 3 lacks locations:",
        "  - view near, run a-s1: no tsv, horizon 1, kind predicted",
        "  - view empty: no run of it has locations",
    ]
