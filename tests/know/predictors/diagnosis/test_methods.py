import pytest
import torch

from know.errors import KnowError
from know.hypernetwork import files
from know.predictors import PREDICTORS
from know.predictors.assemble import predict_state
from know.predictors.diagnosis.methods import (
    HORIZONS,
    measure_methods,
    usable_methods,
)
from know.predictors.methods import needs_hypernetwork
from know.store.read import Trajectory, open_trajectory
from know.weights.compare import compare_weights

PREDICTED = ("filter", "matrix", "shift")
METHODS = {n: PREDICTORS[n] for n in PREDICTORS if not needs_hypernetwork(n)}


def measured(path, **methods):
    """Steps by method and horizon, back-tests by method."""
    with open_trajectory(path) as trajectory:
        steps, tests = measure_methods(trajectory, methods, rate=0.5)
    return (
        {(step.method, step.horizon): step for step in steps},
        {test.method: test for test in tests},
    )


def copying(history, **_):
    return history[-1].clone()


def test_a_step_by_hand(points):
    path = points((4, 3), (1, 3), (1, 2))
    steps, _ = measured(path, **{"task-vector": PREDICTORS["task-vector"]})
    first, second = steps["task-vector", 1], steps["task-vector", 2]
    # Theta_0, 5 long, goes on to (7, 3), the way it came; then to (7, 4).
    assert first.step_ratio == pytest.approx(3 / 5)
    assert first.norm_ratio == pytest.approx(58**0.5 / 5)
    assert first.cosine == pytest.approx(1)
    assert second.step_ratio == pytest.approx(10**0.5 / 5)
    assert second.cosine == pytest.approx(3 / 10**0.5)


@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("name", sorted(METHODS))
def test_tensor_by_tensor_is_the_whole_network(store, states, name, horizon):
    stages = states("walk")
    steps, tests = measured(store(stages), **{name: METHODS[name]})
    kinds = {"filter": "conv", "matrix": "fc", "shift": "bias", "scale": "norm"}

    def compare(shown, start, names=PREDICTED, ahead=horizon):
        state = predict_state(shown, kinds, METHODS[name], horizon=ahead, rate=0.5)
        return compare_weights(state, start, names)

    step, wanted = steps[name, horizon], compare(stages, stages[0])
    assert step.refusal is None
    assert step.step_ratio == pytest.approx(wanted.step_ratio)
    assert step.norm_ratio == pytest.approx(wanted.norm_ratio)
    for tensor in PREDICTED:
        ratio = compare(stages, stages[0], [tensor]).norm_ratio
        assert step.norm_ratios[kinds[tensor]] == pytest.approx(ratio)
    missed = compare(stages[1:], stages[0], ahead=1).step_ratio
    copied = compare_weights(stages[1], stages[0], PREDICTED).step_ratio
    assert tests[name].error == pytest.approx(missed / copied)


def test_copying_has_error_one_and_takes_no_step(store, states):
    steps, tests = measured(store(states("walk")), copying=copying)
    assert tests["copying"].error == 1
    assert tests["copying"].errors == {"conv": 1, "fc": 1, "bias": 1}
    for horizon in HORIZONS:
        step = steps["copying", horizon]
        assert (step.step_ratio, step.norm_ratio, step.cosine) == (0, 1, None)
        assert step.norm_ratios == {"conv": 1, "fc": 1, "bias": 1}


def test_the_back_test_shows_no_method_theta_0(store, states):
    stages, shown = states("walk"), []

    def looking(history, **_):
        shown.append(history.clone())
        return history[-1].clone()

    measured(store(stages), looking=looking)
    hidden = [history for history in shown if len(history) == len(stages) - 1]
    assert len(hidden) == len(PREDICTED)
    for history in hidden:
        # A scalar reaches a method as a vector of one.
        size = history[0].numel()
        name = next(n for n in PREDICTED if stages[0][n].numel() == size)
        wanted = torch.stack([stage[name] for stage in reversed(stages[1:])])
        assert torch.equal(history, wanted.reshape(history.shape))


def test_a_refusal_is_told_where_it_stands_and_stops_nothing(store, states):
    steps, tests = measured(
        store(states("walk", 3)), **{"mag-max": PREDICTORS["mag-max"]}, copying=copying
    )
    refused = steps["mag-max", 3]
    assert "3 stages allow a horizon of at most 2, got 3" in refused.refusal
    assert (refused.step_ratio, refused.norm_ratio, refused.cosine) == (None,) * 3
    assert refused.norm_ratios == {}
    assert [steps["mag-max", n].refusal for n in (1, 2)] == [None, None]
    assert steps["copying", 3].refusal is None
    assert tests["mag-max"].refusal is None


def test_two_stages_cannot_be_back_tested(store, states):
    steps, tests = measured(store(states("walk", 2)), copying=copying)
    assert len(steps) == len(HORIZONS)
    assert tests == {}


def test_weights_without_length_have_no_ratio(points):
    path = points((0, 0), (0, 0), (1, 0))
    steps, tests = measured(path, **{"linear-fit": PREDICTORS["linear-fit"]})
    step = steps["linear-fit", 1]
    assert (step.step_ratio, step.norm_ratio, step.cosine) == (None,) * 3
    assert (tests["linear-fit"].error, tests["linear-fit"].refusal) == (None, None)


def test_no_more_than_one_tensor_is_read_at_once(store, states, monkeypatch):
    path, widths = store(states("walk")), []
    read = Trajectory.read_window

    def spying(self, kind, start, stop):
        widths.append(stop - start)
        return read(self, kind, start, stop)

    monkeypatch.setattr(Trajectory, "read_window", spying)
    monkeypatch.setattr(Trajectory, "read_stage", None)
    measured(path, copying=copying)
    assert widths == [4 * 27, 20 * 30, 1]


@pytest.fixture
def directory(tmp_path, models):
    for kind, model in models.items():
        files.save(tmp_path / f"known_{kind}.safetensors", model, {"kind": kind})
    return tmp_path


def test_without_a_folder_the_package_s_own_hypernetworks_serve():
    methods, left_out = usable_methods(None, kinds=["conv", "fc", "bias"])
    assert set(left_out) == {"nino-mlp", "wnn"}
    assert {"known", "known-plus", "linear-meta", "task-vector"} <= set(methods)
    assert {*methods, *left_out} == set(PREDICTORS)


def test_a_kind_that_the_network_lacks_needs_no_hypernetwork(directory):
    (directory / "known_conv.safetensors").unlink()
    methods, _ = usable_methods(directory, kinds=["fc", "bias"])
    assert "known" in methods


def test_a_folder_without_any_hypernetwork_is_refused(tmp_path):
    with pytest.raises(KnowError, match=r"found none of .*known_KIND\.safetensors"):
        usable_methods(tmp_path, kinds=["conv", "fc", "bias"])
    with pytest.raises(KnowError, match="found none of"):
        usable_methods(tmp_path / "nowhere", kinds=["conv", "fc", "bias"])
