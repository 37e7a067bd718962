"""Figure 3: distances over seeds, worked by hand, and what is drawn."""

import csv
import io

import numpy as np
import pytest

from know.errors import KnowError
from know.landscape_record import Location
from know.reporting.landscape import (
    collect_locations,
    landscape_csv,
    tabulate_locations,
)
from know.reporting.landscape_figure import Landscape, draw_landscapes

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


def collect(locations, views=VIEWS):
    return collect_locations(locations, views=views, methods=["tsv"], horizons=[1])


def rows_of(locations, views=VIEWS):
    text = landscape_csv(tabulate_locations(collect(locations, views)))
    return list(csv.DictReader(io.StringIO(text)))


def test_seeds_are_summed_up_as_worked_by_hand(locations):
    assert rows_of(locations)[2] == {
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
    naive = rows_of(locations)[3]
    assert (naive["view"], naive["method"], naive["seeds"]) == ("far", "naive", "1")
    for empty in ("distance_std", "cosine_mean", "cosine_std", "shown_mean"):
        assert naive[empty] == ""


def test_kinds_and_horizons_are_cells_of_their_own(locations):
    conv = [
        Location(**{**vars(x), "kind": "conv", "accuracy": None, "shown": None})
        for x in locations
    ]
    rows = rows_of([*locations, *conv])
    assert [(row["view"], row["kind"], row["method"]) for row in rows] == [
        (view, kind, method)
        for view in VIEWS
        for kind in ("predicted", "conv")
        for method in ("naive", "truth", "tsv")
    ]
    assert rows[3]["accuracy_mean"] == rows[3]["accuracy_vs_naive_mean"] == ""


def test_everything_missing_or_not_planned_is_named(locations):
    lacking = [x for x in locations if (x.run, x.method) != ("b-s0", "tsv")]
    conv = location("a-s0", "tsv", 0.5, kind="conv", accuracy=None, shown=None)
    with pytest.raises(KnowError, match=r"^the locations are not those") as refused:
        collect([*lacking, lacking[0], conv, location("a-s0", "tsv", 0.5, horizon=2)])
    assert [line.split(" - ")[1] for line in str(refused.value).splitlines()[1:]] == [
        "a-s0 naive (horizon 1), kind conv: missing",
        "a-s0 truth (horizon 1), kind conv: missing",
        "a-s0 truth (horizon 1), kind predicted: twice",
        "a-s0 tsv (horizon 2), kind predicted: not planned",
        "a-s1 naive (horizon 1), kind conv: missing",
        "a-s1 truth (horizon 1), kind conv: missing",
        "a-s1 tsv (horizon 1), kind conv: missing",
        "b-s0 tsv (horizon 1), kind predicted: missing",
    ]


DRAWN = {"near": ["a-s0", "a-s1"], "far": ["b-s0", "b-s1"]}
ROUTE = [-1, 0, 1]


@pytest.fixture
def landscapes():
    rng = np.random.default_rng(0)
    arrays = {
        "point_coordinates": rng.uniform(-2, 2, (200, 2)),
        "point_accuracy": rng.uniform(50, 90, 200),
        "landmark_coordinates": np.array([[-1.0, 0], [0, 0], [1, 0], [-0.5, 0.5]]),
        "landmark_accuracy": np.array([90.0, 80.0, 70.0, 85.0]),
    }
    marks = [{"method": None, "stage": stage} for stage in ROUTE]
    facts = {
        "landmarks": [*marks, {"method": "tsv", "stage": -1}],
        "explained": [0.75, 0.2],
    }
    return {view: Landscape(f"title {view}", arrays, facts) for view in DRAWN}


@pytest.fixture
def rows():
    distances = {"naive": 1.0, "truth": 0.0, "tsv": 0.9}
    locations = [
        location(run, method, distance)
        for runs in DRAWN.values()
        for run in runs
        for method, distance in distances.items()
    ]
    return collect(locations, DRAWN)


@pytest.fixture
def drawn(landscapes, rows):
    return draw_landscapes(landscapes, rows)


def titled(figure):
    return {ax.get_title(): ax for ax in figure.axes if ax.get_title()}


def test_each_view_has_a_map_with_its_route_and_predictions(drawn):
    ax = titled(drawn)["title near"]
    places = [line.get_xydata().tolist() for line in ax.lines]
    assert places[0] == [[-1, 0], [0, 0], [1, 0]]
    assert places[1:] == [[[-1, 0]], [[-0.5, 0.5]]]
    assert [text.get_text() for text in ax.texts] == [
        rf"$\Theta_{{{stage}}}$" for stage in ROUTE
    ]
    assert ax.get_xlabel() == "principal component 1 (75 % of the route's variance)"
    assert ax.get_aspect() == 1


def test_every_seed_has_its_distance_beside_copying(drawn):
    title = r"$\Theta_0$ 80.0 %, $\Theta_{-1}$ 80.0 %, 2 seeds"
    ax = titled(drawn)[title]
    shown = [list(map(float, line.get_xdata())) for line in ax.lines]
    assert shown == [[1.0, 1.0], [0.9, 0.9]]
    assert [text.get_text() for text in ax.texts] == ["80.0 %", "accuracy"]
