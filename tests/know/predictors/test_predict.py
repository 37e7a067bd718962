from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import pytest
import safetensors.torch
import torch
from torch import nn

from know.errors import KnowError
from know.hypernetwork import files
from know.predictors import PREDICTORS
from know.predictors.assemble import predict_state
from know.predictors.methods import files_in
from know.predictors.predict import write_predictions
from know.randomness import seed_for
from know.store.read import open_trajectory
from know.store.write import write_trajectory
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
def store(tmp_path, stages, make_attributes):
    path = tmp_path / "trajectory.zarr.zip"
    attributes = make_attributes("shapes100-s0", stages=NUM_STAGES)
    write_trajectory(path, stages, tensor_kinds(network().state_dict()), attributes)
    return path


@pytest.fixture
def hypernetworks(tmp_path, models):
    paths = files_in(tmp_path / "hypernetworks", "known")
    for kind, path in paths.items():
        files.save(path, models[kind], {"kind": kind})
    return paths


@pytest.fixture
def outputs(tmp_path):
    return [tmp_path / "predictions" / f"n{horizon}.safetensors" for horizon in (1, 2)]


@pytest.fixture
def predict(store, outputs):
    """Run a method at horizons 1 and 2, or as told; state and facts of each."""

    def run(name="task-vector", stages=(store,), **changes):
        settings = {
            "options": {},
            "hypernetworks": {},
            "horizons": [1, 2],
            "rate": 0.5,
            "outputs": outputs,
            "device": CPU,
        }
        write_predictions(stages, name, **{**settings, **changes})
        return [load_checkpoint(path) for path in outputs]

    return run


class TestDraws:
    def test_the_noise_is_that_of_run_and_tensor(self, predict, stages):
        (state, _), _ = predict("shrink-perturb", options={"noise": 2.0})
        for name in PREDICTED:
            seed = seed_for("prediction", "shrink-perturb", "shapes100-s0", name)
            noise = torch.randn(
                state[name].shape,
                generator=torch.Generator().manual_seed(seed),
                dtype=torch.float64,
            )
            wanted = 0.6 * stages[0][name] + 2 * noise.float()
            torch.testing.assert_close(state[name], wanted)

    def test_every_horizon_has_the_same_noise(self, predict):
        (near, _), (far, _) = predict("shrink-perturb")
        for name in PREDICTED:
            assert torch.equal(near[name], far[name])


def mirrored(stages, name, horizon):
    return 2 * stages[0][name] - stages[horizon][name]


class TestTrajectories:
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

    def test_the_file_says_what_made_it(self, predict, store):
        (_, facts), _ = predict(options={"reading": "scaled"}, rate=0.25)
        with open_trajectory(store) as trajectory:
            checksum = trajectory.checksum
        facts.pop("sha256")
        assert facts == {
            "horizon": 1,
            "options": {"reading": "scaled"},
            "predictor": "task-vector",
            "rate": 0.25,
            "run": "shapes100-s0",
            "trajectory": checksum,
        }

    def test_nothing_is_written_where_one_horizon_fails(self, predict, outputs):
        with pytest.raises(KnowError, match="at most 4, got 5"):
            predict(horizons=[1, 5])
        assert not any(outputs[0].parent.iterdir())

    def test_the_bytes_are_those_of_a_prediction_made_at_once(
        self, predict, stages, outputs, store, tmp_path
    ):
        ((_, facts), _) = predict()
        facts.pop("sha256")
        whole = predict_state(
            stages,
            tensor_kinds(network().state_dict()),
            PREDICTORS["task-vector"],
            horizon=1,
            rate=0.5,
        )
        save_checkpoint(tmp_path / "whole", whole, facts)
        assert outputs[0].read_bytes() == (tmp_path / "whole").read_bytes()


class TestFiles:
    """Plain files of any origin in place of a trajectory store."""

    @pytest.fixture
    def checkpoints(self, tmp_path, stages):
        paths = [tmp_path / f"theta-{number}.safetensors" for number in range(5)]
        for path, stage in zip(paths, stages, strict=True):
            safetensors.torch.save_file(stage, path)
        return paths

    @pytest.fixture
    def run(self, predict):
        """Predict from files; state and facts at horizon 1."""
        return lambda paths, *name, **changes: predict(*name, stages=paths, **changes)[
            0
        ]

    def test_files_and_store_give_the_same_weights(self, run, checkpoints, store):
        found, _ = run(checkpoints)
        wanted, _ = run([store])
        assert set(found) == set(wanted)
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)

    def test_the_output_says_where_the_stages_come_from(
        self, run, checkpoints, stages, tmp_path
    ):
        checksum = save_checkpoint(checkpoints[0], stages[0], {})
        _, facts = run(checkpoints[:2], options={"reading": "scaled"})
        facts.pop("sha256")
        assert facts == {
            "checkpoints": [
                {"file": "theta-0.safetensors", "sha256": checksum},
                {"file": "theta-1.safetensors", "sha256": None},
            ],
            "horizon": 1,
            "options": {"reading": "scaled"},
            "predictor": "task-vector",
            "rate": 0.5,
        }

    def test_half_precision_stays_half_precision(self, run, tmp_path):
        paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
        for number, path in enumerate(paths):
            state = {"fc.weight": torch.full((2, 2), 1.0 - number).bfloat16()}
            safetensors.torch.save_file(state, path)
        state, _ = run(paths, options={"reading": "scaled"})
        assert torch.equal(state["fc.weight"], torch.full((2, 2), 2.0).bfloat16())

    def test_kinds_are_those_that_the_file_states(
        self, run, checkpoints, stages, caplog
    ):
        kinds = dict.fromkeys(stages[0], "buffer") | {"3.weight": "fc"}
        save_checkpoint(checkpoints[0], stages[0], {"kinds": list(kinds.items())})
        with caplog.at_level("INFO", logger="know"):
            run(checkpoints)
        assert "1 predicted: 1 fc" in caplog.text

    def test_kinds_are_inferred_where_the_file_states_none(
        self, run, checkpoints, caplog
    ):
        with caplog.at_level("INFO", logger="know"):
            run(checkpoints)
        assert "4 predicted: 1 conv, 1 fc, 2 bias" in caplog.text

    def test_a_bad_tensor_in_the_middle_leaves_no_file(
        self, run, checkpoints, stages, outputs
    ):
        stages[1]["3.bias"][1] = float("nan")
        stages[2]["1.running_mean"][0] = float("inf")
        for path, stage in zip(checkpoints, stages, strict=True):
            safetensors.torch.save_file(stage, path)
        with pytest.raises(KnowError) as refusal:
            run(checkpoints)
        assert "stage 1: '3.bias' has NaN or infinite values" in str(refusal.value)
        assert "stage 2: '1.running_mean' has NaN or inf" in str(refusal.value)
        assert not any(outputs[0].parent.iterdir())

    def test_a_store_among_files_is_refused(self, run, checkpoints, store):
        with pytest.raises(KnowError, match=r"one trajectory store, got 2 files with"):
            run([checkpoints[0], store])

    def test_files_of_pytorch_give_the_same_weights(
        self, checkpoints, stages, outputs, store, run, tmp_path
    ):
        wanted, _ = run([store])
        paths = [tmp_path / f"theta-{number}.pt" for number in range(5)]
        for path, stage in zip(paths, stages, strict=True):
            torch.save({"epoch": 1, "model": stage}, path)
        written = [output.with_suffix(".pt") for output in outputs]
        write_predictions(
            paths,
            "task-vector",
            options={},
            hypernetworks=None,
            horizons=[1, 2],
            rate=0.5,
            outputs=written,
            device=CPU,
        )
        found = torch.load(written[0], weights_only=True)
        assert found["epoch"] == 1
        assert all(torch.equal(found["model"][name], wanted[name]) for name in wanted)

    @pytest.mark.parametrize("output", ["theta-0.safetensors", "", "."])
    def test_an_output_in_the_place_of_an_input_is_refused(
        self, run, checkpoints, outputs, monkeypatch, output
    ):
        monkeypatch.chdir(checkpoints[0].parent)
        before = checkpoints[0].read_bytes()
        with pytest.raises(KnowError, match="nothing was written"):
            run(checkpoints, outputs=[Path(output), outputs[1]])
        assert checkpoints[0].read_bytes() == before

    def test_a_device_is_no_output(self, run, checkpoints, outputs):
        with pytest.raises(KnowError, match="/dev/zero is there already and is no fi"):
            run(checkpoints, outputs=[Path("/dev/zero"), outputs[1]])

    def test_files_that_say_that_they_are_no_stages_are_refused(
        self, run, checkpoints, stages
    ):
        for path, stage, number in zip(
            checkpoints, stages, (0, 2, 1, 3, 4), strict=True
        ):
            save_checkpoint(path, stage, {"stage": number, "network": "n"})
        with pytest.raises(
            KnowError, match=r"theta-2.* is stage 1 of 'n', after stage 2"
        ):
            run(checkpoints)
        save_checkpoint(checkpoints[2], stages[2], {"stage": 3, "network": "other"})
        with pytest.raises(KnowError, match=r"theta-2.* is stage 3 of 'other', after"):
            run(checkpoints[:3])

    def test_a_kind_that_does_not_occur_needs_no_hypernetwork(
        self, run, checkpoints, stages, hypernetworks
    ):
        for path, stage in zip(checkpoints, stages, strict=True):
            safetensors.torch.save_file({"3.weight": stage["3.weight"]}, path)
        hypernetworks["conv"].unlink()
        found, _ = run(checkpoints, "known", hypernetworks=hypernetworks)
        assert not torch.equal(found["3.weight"], stages[0]["3.weight"])

    def test_a_long_prediction_says_how_far_it_is(
        self, run, tmp_path, monkeypatch, caplog
    ):
        state = {"a": torch.ones(2, 3), "b": torch.ones(2, 3), "c": torch.ones(4, 7)}
        paths = [tmp_path / f"{stage}.safetensors" for stage in range(2)]
        for path in paths:
            safetensors.torch.save_file(state, path)
        clock = iter([0.0, 6.0, 12.0, 13.0])
        monkeypatch.setattr(
            "know.predictors.windows.time", SimpleNamespace(monotonic=clock.__next__)
        )
        with caplog.at_level("INFO", "know"):
            run(paths)
        # 12 of 40 weights in 12 s leave 28 s.
        told = [text for text in caplog.messages if "s left" in text]
        assert told == ["30 % of the weights, 28 s left"]

    def test_an_unknown_option_is_refused_before_a_file_is_read(self, run, tmp_path):
        with pytest.raises(KnowError, match="'alhpa' was unexpected"):
            run([tmp_path / "nowhere"], options={"alhpa": 1})


class TestControls:
    def test_only_predicted_tensors_change_from_the_methods_prediction(
        self, predict, stages
    ):
        plain = [state for state, _ in predict()]
        for (state, _), prediction in zip(
            predict(control="base-norms"), plain, strict=True
        ):
            for name in PREDICTED:
                scale = stages[0][name].norm() / prediction[name].norm()
                torch.testing.assert_close(state[name], scale * prediction[name])
            assert all(torch.equal(state[n], stages[0][n]) for n in COPIED)

    def test_tensors_and_horizons_have_random_steps_of_their_own(self, predict, stages):
        steps = [
            (state[name] - stages[0][name]).flatten()[:3]
            for state, _ in predict(control="random-direction")
            for name in ("3.weight", "3.bias")
        ]
        for first, second in combinations(steps, 2):
            cosine = nn.functional.cosine_similarity(first, second, dim=0)
            assert abs(cosine) < 0.99

    def test_the_file_says_what_made_it(self, predict):
        (_, facts), _ = predict(control="same-norms", method_id="mine")
        assert (facts["control"], facts["method"]) == ("same-norms", "mine")
        assert facts["predictor"] == "task-vector"
