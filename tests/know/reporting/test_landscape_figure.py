import numpy as np
import pytest

from know.errors import KnowError
from know.landscape_record import Location
from know.reporting import landscape_figure
from know.reporting.landscape import tabulate_locations
from know.reporting.landscape_figure import Landscape, plot_landscapes

VIEWS = {"near": ["a-s0", "a-s1"], "far": ["b-s0", "b-s1"]}
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
    return {view: Landscape(f"title {view}", arrays, facts) for view in VIEWS}


@pytest.fixture
def rows():
    distances = {"naive": 1.0, "truth": 0.0, "tsv": 0.9}
    locations = [
        Location(
            run=run,
            seed=0,
            method=method,
            horizon=1,
            kind="predicted",
            distance=distance,
            step=0.5,
            cosine=0.5,
            shown=0.5,
            accuracy=80.0,
        )
        for runs in VIEWS.values()
        for run in runs
        for method, distance in distances.items()
    ]
    return tabulate_locations(locations, views=VIEWS, methods=["tsv"])


@pytest.fixture
def drawn(monkeypatch, tmp_path, landscapes, rows):
    """The figure in place of a file."""
    figures = []
    monkeypatch.setattr(
        landscape_figure, "save_svg", lambda figure, path: figures.append(figure)
    )
    plot_landscapes(landscapes, rows, tmp_path / "a.svg")
    return figures[0]


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


def test_cells_are_means_of_the_points_in_them(drawn, landscapes):
    cells = titled(drawn)["title near"].collections[0].get_array()
    accuracy = landscapes["near"].arrays["point_accuracy"]
    assert accuracy.min() < cells.min() < cells.max() < accuracy.max()


def test_every_seed_has_its_distance_beside_copying(drawn):
    title = r"$\Theta_0$ 80.0 %, $\Theta_{-1}$ 80.0 %, 2 seeds"
    ax = titled(drawn)[title]
    shown = [list(map(float, line.get_xdata())) for line in ax.lines]
    assert shown == [[1.0, 1.0], [0.9, 0.9]]
    assert [text.get_text() for text in ax.texts] == ["80.0 %", "accuracy"]


def test_a_method_looks_alike_on_the_map_and_in_the_key(drawn):
    axes = titled(drawn)
    on_map = axes["title near"].lines[-1]
    in_key = axes[r"$\Theta_0$ 80.0 %, $\Theta_{-1}$ 80.0 %, 2 seeds"].lines[-1]
    for look in ("get_marker", "get_markerfacecolor", "get_markersize"):
        assert getattr(on_map, look)() == getattr(in_key, look)()


def test_the_same_landscapes_give_the_same_bytes(landscapes, rows, tmp_path):
    paths = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for path in paths:
        plot_landscapes(landscapes, rows, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_view_without_distances_is_refused(landscapes, rows, tmp_path):
    near = [row for row in rows if row.view == "near"]
    with pytest.raises(KnowError, match=r"2 views, no distances for \['far'\]"):
        plot_landscapes(landscapes, near, tmp_path / "a.svg")
    with pytest.raises(KnowError, match="found 0 views"):
        plot_landscapes({}, near, tmp_path / "a.svg")
