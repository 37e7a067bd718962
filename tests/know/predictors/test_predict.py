import re

import pytest
import torch
from torch import nn

from know.errors import KnowError
from know.hypernetwork import files
from know.predictors.predict import (
    option_names,
    predict_trajectory,
    write_controls,
)
from know.store.trajectory import (
    StageRecord,
    TrajectoryAttributes,
    open_trajectory,
    write_trajectory,
)
from know.weights.checkpoint import load_checkpoint, save_checkpoint
from know.weights.kinds import tensor_kinds

CPU = torch.device("cpu")
NUM_STAGES = 5
PREDICTED = ("0.weight", "0.bias", "3.weight", "3.bias")
COPIED = ("1.weight", "1.bias", "1.running_mean", "1.num_batches_tracked")


def network():
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3)
    )


@pytest.fixture
def stages():
    """Random weights, theta_0 first; BatchNorm's counter counts down."""
    generator = torch.Generator().manual_seed(0)
    return [
        {
            name: 0.1 * torch.randn(value.shape, generator=generator)
            if value.dtype.is_floating_point
            else torch.tensor(10 - stage)
            for name, value in network().state_dict().items()
        }
        for stage in range(NUM_STAGES)
    ]


@pytest.fixture
def store(tmp_path, stages):
    record = StageRecord(
        samples=1,
        epochs=1,
        learning_rate=0.1,
        accuracy=None,
        test_accuracy=None,
        checkpoint="",
    )
    attributes = TrajectoryAttributes(
        run="shapes100-s0",
        stages=[record] * NUM_STAGES,
        seed=0,
        code_version="",
        versions={},
    )
    path = tmp_path / "trajectory.zarr.zip"
    write_trajectory(path, stages, tensor_kinds(network()), attributes)
    return path


@pytest.fixture
def hyper_models(tmp_path, models):
    paths = []
    for kind in ("conv", "fc", "bias"):
        paths.append(tmp_path / "hyper" / f"known_{kind}.safetensors")
        files.save(paths[-1], models[kind], {"kind": kind})
    return paths


@pytest.fixture
def outputs(tmp_path):
    return [tmp_path / "predictions" / f"n{horizon}.safetensors" for horizon in (1, 2)]


@pytest.fixture
def predict(store, outputs):
    """Run a method at horizons 1 and 2, or as told; state and facts of each."""

    def run(name="task_vector", **changes):
        settings = {
            "options": {},
            "hyper_models": [],
            "horizons": [1, 2],
            "rate": 0.5,
            "outputs": outputs,
            "device": CPU,
        }
        predict_trajectory(store, name, **{**settings, **changes})
        return [load_checkpoint(path) for path in changes.get("outputs", outputs)]

    return run


def mirrored(stages, name, horizon):
    return 2 * stages[0][name] - stages[horizon][name]


class TestPredictTrajectory:
    def test_predictions_load_where_the_checkpoint_does(self, predict, stages):
        for state, _ in predict():
            network().load_state_dict(state, strict=True)
            # Safetensors files list their tensors in an order of their own.
            assert sorted(state) == sorted(stages[0])
            for name, value in stages[0].items():
                assert state[name].shape == value.shape
                assert state[name].dtype == value.dtype

    def test_each_file_is_of_its_own_horizon(self, predict, stages):
        for horizon, (state, facts) in zip((1, 2), predict(), strict=True):
            assert facts["horizon"] == horizon
            for name in PREDICTED:
                wanted = mirrored(stages, name, horizon)
                torch.testing.assert_close(state[name], wanted)

    def test_horizons_come_in_the_order_asked_for(self, predict, stages):
        found = predict(horizons=[3, 1])
        assert [facts["horizon"] for _, facts in found] == [3, 1]
        torch.testing.assert_close(
            found[0][0]["0.weight"], mirrored(stages, "0.weight", 3)
        )

    def test_norms_and_buffers_are_theta_0s(self, predict, stages):
        for state, _ in predict():
            assert all(torch.equal(state[name], stages[0][name]) for name in COPIED)

    def test_the_file_says_what_made_it(self, predict, store):
        (_, facts), _ = predict(options={"alpha": 0.5}, rate=0.25)
        with open_trajectory(store) as trajectory:
            seal = trajectory.seal
        facts.pop("sha256")
        assert facts == {
            "horizon": 1,
            "options": {"alpha": 0.5},
            "predictor": "task_vector",
            "rate": 0.25,
            "run": "shapes100-s0",
            "trajectory": seal,
        }

    def test_options_reach_the_method(self, predict, stages):
        (state, _), _ = predict(options={"alpha": 0.5})
        wanted = 1.5 * stages[0]["3.bias"] - 0.5 * stages[1]["3.bias"]
        torch.testing.assert_close(state["3.bias"], wanted)

    def test_two_runs_give_the_same_bytes(self, predict, outputs):
        predict()
        first = [path.read_bytes() for path in outputs]
        predict()
        assert [path.read_bytes() for path in outputs] == first

    def test_known_takes_the_hyper_model_of_each_kind(
        self, predict, hyper_models, models, stages
    ):
        (state, _), _ = predict("known", hyper_models=hyper_models)
        for name, kind in (
            ("0.weight", "conv"),
            ("3.weight", "fc"),
            ("3.bias", "bias"),
        ):
            oldest_first = [stage[name].flatten() for stage in reversed(stages)]
            residual = models[kind].residual(torch.stack(oldest_first, 1))
            wanted = stages[0][name] + residual.reshape(stages[0][name].shape)
            torch.testing.assert_close(state[name], wanted)

    def test_hyper_models_in_another_order_are_refused(self, predict, hyper_models):
        conv, fc, bias = hyper_models
        with pytest.raises(KnowError) as refusal:
            predict("known", hyper_models=[conv, bias, fc])
        assert f"{bias}: wanted kind 'fc', found kind 'bias'" in str(refusal.value)
        assert f"{fc}: wanted kind 'bias', found kind 'fc'" in str(refusal.value)

    def test_a_damaged_hyper_model_is_refused(self, predict, hyper_models):
        content = bytearray(hyper_models[1].read_bytes())
        content[-1] ^= 1
        hyper_models[1].write_bytes(content)
        with pytest.raises(KnowError, match=f"{hyper_models[1]} is damaged"):
            predict("known", hyper_models=hyper_models)

    @pytest.mark.parametrize(
        ("name", "options", "message"),
        [
            ("tsv", {"beta": 1, "alhpa": 2}, "no option alhpa, beta; it has alpha, fr"),
            ("known", {"models": {}}, "no option models; it has none"),
            ("shrink", {"horizon": 3}, "no option horizon; it has factor"),
        ],
    )
    def test_an_option_that_a_method_lacks_is_refused(
        self, predict, name, options, message
    ):
        with pytest.raises(KnowError, match=f"{name!r} has {message}"):
            predict(name, options=options)

    def test_an_unknown_method_is_refused(self, predict):
        with pytest.raises(KnowError, match="got 'tsvv'"):
            predict("tsvv")

    def test_nothing_is_written_where_one_horizon_fails(self, predict, outputs):
        with pytest.raises(KnowError, match="at most 4, got 5"):
            predict(horizons=[1, 5])
        assert not outputs[0].parent.exists()

    def test_every_horizon_needs_a_file(self, predict, outputs):
        with pytest.raises(ValueError, match=re.escape("zip()")):
            predict(horizons=[1, 2, 3])
        assert not outputs[0].parent.exists()


class TestWriteControls:
    @pytest.fixture
    def control(self, predict, store, outputs, tmp_path):
        """State and facts of a control, at horizons 1 and 2."""
        predict()
        paths = [tmp_path / "controls" / path.name for path in outputs]

        def run(name, predictions=outputs):
            write_controls(name, store, predictions, paths)
            return [load_checkpoint(path) for path in paths]

        return run

    def predicted(self, outputs):
        return [load_checkpoint(path)[0] for path in outputs]

    def test_same_norms_is_theta_0_as_long_as_the_prediction(
        self, control, outputs, stages
    ):
        for (state, _), predicted in zip(
            control("same-norms"), self.predicted(outputs), strict=True
        ):
            for name in PREDICTED:
                base = stages[0][name]
                torch.testing.assert_close(state[name].norm(), predicted[name].norm())
                direction = base / base.norm()
                torch.testing.assert_close(state[name] / state[name].norm(), direction)

    def test_base_norms_is_the_prediction_as_long_as_theta_0(
        self, control, outputs, stages
    ):
        for (state, _), predicted in zip(
            control("base-norms"), self.predicted(outputs), strict=True
        ):
            for name in PREDICTED:
                torch.testing.assert_close(state[name].norm(), stages[0][name].norm())
                direction = predicted[name] / predicted[name].norm()
                torch.testing.assert_close(state[name] / state[name].norm(), direction)

    def test_a_random_step_is_as_long_as_the_predictions(
        self, control, outputs, stages
    ):
        for (state, _), predicted in zip(
            control("random-direction"), self.predicted(outputs), strict=True
        ):
            for name in PREDICTED:
                step, wanted = state[name] - stages[0][name], predicted[name]
                wanted = wanted - stages[0][name]
                torch.testing.assert_close(step.norm(), wanted.norm())
                assert not torch.allclose(step, wanted)

    def test_horizons_have_random_directions_of_their_own(self, control, stages):
        (first, _), (second, _) = control("random-direction")
        steps = [
            (s["0.weight"] - stages[0]["0.weight"]).flatten() for s in (first, second)
        ]
        cosine = nn.functional.cosine_similarity(*steps, dim=0)
        assert abs(cosine) < 0.9

    @pytest.mark.parametrize("name", ["same-norms", "base-norms", "random-direction"])
    def test_controls_load_strictly_and_keep_norms_and_buffers(
        self, control, name, stages
    ):
        for state, _ in control(name):
            network().load_state_dict(state, strict=True)
            assert all(torch.equal(state[n], stages[0][n]) for n in COPIED)

    def test_the_file_says_what_made_it(self, control, outputs):
        found = control("base-norms")
        for horizon, (_, facts) in enumerate(found, start=1):
            facts.pop("sha256")
            assert facts == {
                "control": "base-norms",
                "horizon": horizon,
                "of": load_checkpoint(outputs[horizon - 1])[1]["sha256"],
                "run": "shapes100-s0",
            }

    def test_nothing_is_written_where_one_prediction_is_damaged(
        self, control, outputs, tmp_path
    ):
        outputs[1].write_bytes(outputs[1].read_bytes()[:-1])
        with pytest.raises(KnowError, match="damaged"):
            control("same-norms")
        assert not (tmp_path / "controls").exists()

    def test_another_networks_prediction_is_refused(self, control, tmp_path):
        other = tmp_path / "other.safetensors"
        save_checkpoint(other, {"head": torch.ones(2)}, {"horizon": 1})
        with pytest.raises(KnowError, match=r"stage 1: '0\.weight' is missing"):
            control("same-norms", [other, other])


def test_option_names_leave_out_what_every_method_is_told():
    assert option_names("known") == set()
    assert option_names("task_vector") == {"reading", "alpha", "exponent"}
