import pytest
import torch

from know.errors import KnowError
from know.hypernetwork import files
from know.hypernetwork.models.known_plus import KnownPlus
from know.hypernetwork.roles import HeldOut
from know.predictors.methods import bound_methods
from know.predictors.prediction_errors import held_out_errors
from know.records import PredictionError
from know.store.shards import RecordedRun, write_shard

CPU = torch.device("cpu")
NUM_STAGES = 5
SHAPES = {"a.weight": (3, 2), "b.weight": (2, 3), "b.bias": (3,), "norm": (2,)}
KINDS = {"a.weight": "fc", "b.weight": "fc", "b.bias": "bias", "norm": "norm"}
# Of four trials the last is held out, the one before stops trainings.
HELD_OUT = HeldOut(every=4, families=["vit"], datasets=["digits"])
COMPARISON = {"stages": 3, "horizons": [1, 2], "trials": 9}


def described(method, predictor, hypernetworks=(), **options):
    """A method as a rule's params describe it."""
    return {
        "method": method,
        "predictor": predictor,
        "options": options,
        "hypernetworks": hypernetworks,
    }


MIRROR = described("mirror", "task-vector")
HALF = described("half", "shrink", factor=0.5)


@pytest.fixture
def states():
    """A maker of random weights by stage, stage 0 first."""

    def make(seed):
        generator = torch.Generator().manual_seed(seed)
        return [
            {
                name: torch.randn(shape, generator=generator)
                for name, shape in SHAPES.items()
            }
            for _ in range(NUM_STAGES)
        ]

    return make


@pytest.fixture
def trial(states, make_attributes):
    """A maker of a trial of a shard."""

    def make(number, *, weights=None, **drawn):
        facts = {"number": number, "family": "mlp", "dataset": "shapes", "rate": 0.5}
        return RecordedRun(
            states=weights or states(number),
            kinds=KINDS,
            attributes=make_attributes(
                f"small-{number}",
                stages=NUM_STAGES,
                settings={**facts, **drawn, "unused": None},
            ),
        )

    return make


@pytest.fixture
def errors_of(tmp_path):
    """Measure a comparison on a shard of some trials."""

    def measure(*trials, methods=(MIRROR, HALF), **changes):
        path = tmp_path / "shard.zarr.zip"
        write_shard(path, trials)
        comparison = {**COMPARISON, **changes}
        functions = bound_methods(methods, CPU)
        return held_out_errors(path, functions, HELD_OUT, **comparison, device=CPU)

    return measure


def distance(pairs):
    """Norm of the differences of all pairs together."""
    flat = [(a.double() - b.double()).flatten() for a, b in pairs]
    return torch.cat(flat).norm().item()


def test_errors_are_relative_to_copying_over_all_tensors_of_a_kind(errors_of, trial):
    held = trial(3)
    found = {(e.method, e.kind, e.horizon, e.window): e for e in errors_of(held)}
    # Five stages hold two windows of three: 4, 3, 2 and 3, 2, 1.
    places = [(1, 1, 2), (1, 0, 1), (2, 0, 2)]
    assert set(found) == {
        (method, kind, horizon, window)
        for method in ("mirror", "half")
        for kind in ("fc", "bias")
        for horizon, window, _ in places
    }
    for kind, names in (("fc", ["a.weight", "b.weight"]), ("bias", ["b.bias"])):
        for horizon, window, newest in places:
            stages = [[state[name] for name in names] for state in held.states]
            copied = distance(zip(stages[newest], stages[window], strict=True))
            mirrored = [
                2 * now - past
                for now, past in zip(
                    stages[newest], stages[newest + horizon], strict=True
                )
            ]
            shrunk = [0.5**horizon * now for now in stages[newest]]
            for method, predicted in (("mirror", mirrored), ("half", shrunk)):
                error = found[method, kind, horizon, window].error
                missed = distance(zip(predicted, stages[window], strict=True))
                assert error == pytest.approx(missed / copied, rel=1e-5)


def test_records_say_what_was_measured(errors_of, trial):
    held = trial(7, family="cnn", dataset="scenes")
    first, *_ = errors_of(held, methods=[HALF], horizons=[2])
    assert first == PredictionError(
        method="half",
        group="trials",
        kind="fc",
        horizon=2,
        trial=7,
        window=0,
        family="cnn",
        dataset="scenes",
        error=first.error,
        weights=12,
    )


def test_only_held_out_trials_are_measured_each_in_its_group(errors_of, trial):
    found = errors_of(
        *(trial(number) for number in range(4)),
        trial(4, family="vit"),
        trial(5, dataset="digits"),
        trial(6, family="vit", dataset="digits"),
    )
    groups = {(error.trial, error.group) for error in found}
    assert groups == {(3, "trials"), (4, "family"), (5, "dataset")}


def test_of_each_group_the_first_trials_are_taken(errors_of, trial):
    found = errors_of(*(trial(number) for number in (3, 7, 11)), trials=2)
    assert {error.trial for error in found} == {3, 7}


def test_a_kind_that_does_not_move_is_left_out_for_all_methods(
    errors_of, trial, states
):
    weights = states(3)
    weights[1]["b.bias"] = weights[2]["b.bias"]
    found = errors_of(trial(3, weights=weights), horizons=[1])
    windows = {(error.kind, error.window) for error in found}
    assert windows == {("fc", 0), ("fc", 1), ("bias", 0)}


def test_methods_see_as_many_stages_as_told(errors_of, trial):
    # With four stages a trajectory of five holds one window.
    found = errors_of(trial(3), stages=4, methods=[MIRROR], horizons=[1, 2])
    assert {(error.horizon, error.window) for error in found} == {(1, 0)}


@pytest.fixture
def short_models(tmp_path):
    """Files of random hypernetworks of KNOWN-plus for three stages."""
    paths = []
    for seed, kind in enumerate(("conv", "fc", "bias")):
        generator = torch.Generator().manual_seed(seed)
        model = KnownPlus(3)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(std=0.3, generator=generator)
        paths.append(str(tmp_path / f"{kind}.safetensors"))
        files.save(tmp_path / f"{kind}.safetensors", model, {"kind": kind})
    return paths


def test_hypernetworks_are_told_the_kind_and_the_rate(errors_of, trial, short_models):
    plus = described("plus", "known-plus", short_models)
    function = bound_methods([plus], CPU)["plus"]
    for rate in (0.4, 0.8):
        held = trial(3, rate=rate)
        found = errors_of(held, methods=[plus], horizons=[1])
        (error,) = [e.error for e in found if (e.kind, e.window) == ("bias", 0)]
        history = torch.stack([held.states[s]["b.bias"] for s in (3, 2, 1)])
        predicted = function(history, rate=rate, kind="bias")
        truth, newest = held.states[0]["b.bias"], held.states[1]["b.bias"]
        wanted = distance([(predicted, truth)]) / distance([(newest, truth)])
        assert error == pytest.approx(wanted, rel=1e-5)


def test_a_method_that_refuses_a_window_stops_the_measurement(
    errors_of, trial, short_models
):
    plus = described("plus", "known-plus", short_models)
    with pytest.raises(KnowError, match=r"known-plus .*\(stages >= 3, .*got \(2, "):
        errors_of(trial(3), methods=[plus], stages=2)
