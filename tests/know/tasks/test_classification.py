from dataclasses import replace

import pytest
import torch

from know.tasks.classification import load_task

NORM = "body.1."


class Begun(Exception):  # noqa: N818 - carries what a fine-tuning begins with.
    """A training was called."""


@pytest.fixture
def begun(task, state, make_settings, monkeypatch):
    """The state dict with which a fine-tuning begins."""

    def begun(norm_layers="base", *, seed=0, calibration=None):
        def stop(network, *_, **__):
            raise Begun(network.state_dict())

        monkeypatch.setattr("know.tasks.task.train", stop)
        settings = make_settings(norm_layers=norm_layers)
        with pytest.raises(Begun) as begun:
            task.finetune(state, settings, seed=seed, calibration=calibration)
        found: dict[str, torch.Tensor] = begun.value.args[0]
        return found

    return begun


def entries(state, prefix):
    return {n: value.tolist() for n, value in state.items() if n.startswith(prefix)}


class TestStart:
    @pytest.mark.parametrize("norm_layers", ["base", "fresh", "recalibrate"])
    def test_keeps_every_layer_but_norms_and_head(
        self, begun, state, calibration, norm_layers
    ):
        found = begun(norm_layers, calibration=calibration)
        kept = ("body.0.", "body.4.", "body.17.")
        assert all(entries(found, p) == entries(state, p) for p in kept)

    def test_base_keeps_the_norm_layers_as_they_came(self, begun, state):
        assert entries(begun("base"), NORM) == entries(state, NORM)

    def test_fresh_puts_norm_layers_at_their_initial_values(self, begun):
        assert entries(begun("fresh"), NORM) == {
            "body.1.weight": [1, 1],
            "body.1.bias": [0, 0],
            "body.1.running_mean": [0, 0],
            "body.1.running_var": [1, 1],
            "body.1.num_batches_tracked": 0,
        }

    def test_recalibrate_measures_statistics_on_d_0(self, begun, state, calibration):
        found = begun("recalibrate", calibration=calibration)
        convolved = torch.nn.functional.conv2d(
            calibration.batch(torch.arange(10)).inputs_BCHW,
            state["body.0.weight"],
            state["body.0.bias"],
            padding=1,
        )
        for name, wanted in [
            ("running_mean", convolved.mean((0, 2, 3))),
            ("running_var", convolved.var((0, 2, 3))),
        ]:
            torch.testing.assert_close(found[NORM + name], wanted)
        for name in ("weight", "bias"):
            assert torch.equal(found[NORM + name], state[NORM + name])

    def test_has_a_new_head_for_the_tasks_classes(self, begun):
        first, again, other = (begun(seed=seed)["head.weight"] for seed in (0, 0, 1))
        assert first.shape == (4, 16)
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


class TestFinetuning:
    def test_the_same_seed_gives_the_same_curve(self, task, state, make_settings):
        first, again, other = (
            task.finetune(state, make_settings(), seed=seed) for seed in (0, 0, 1)
        )
        assert first.curves == again.curves
        assert len(first.curves["accuracy"]) == 3
        assert first.samples["classes"].tolist() == again.samples["classes"].tolist()
        assert first.samples["classes"].tolist() != other.samples["classes"].tolist()

    def test_samples_are_what_the_accuracy_counts(self, task, state, make_settings):
        outcome = task.finetune(state, make_settings(), seed=0)
        right = outcome.samples["classes"] == task.test.labels_N
        assert outcome.value == 100 * right.double().mean()

    def test_does_not_change_the_weights_it_was_given(self, task, state, make_settings):
        before = {name: value.clone() for name, value in state.items()}
        task.finetune(state, make_settings(norm_layers="fresh"), seed=0)
        assert all(torch.equal(state[name], before[name]) for name in before)

    def test_measures_on_the_test_split(self, task, state, make_settings):
        # All test images wrong by definition: nothing is trained on label 3.
        mislabelled = replace(
            task,
            train=replace(task.train, labels_N=torch.zeros(40, dtype=torch.int64)),
            test=replace(task.test, labels_N=torch.full((20,), 3)),
        )
        settings = make_settings(evaluate_every=10).at_learning_rate(0.1)
        outcome = mislabelled.finetune(state, settings, seed=0)
        assert outcome.curves == {"accuracy": [0.0]}


class TestDraws:
    def test_a_trial_trains_on_so_many_images_class_by_class(self, task):
        drawn = task.drawn(8, seed=0).train.labels_N
        assert drawn.bincount().tolist() == [2, 2, 2, 2]

    def test_a_draw_that_misses_classes_says_so(self, task, caplog):
        with caplog.at_level("WARNING", "know"):
            drawn = task.drawn(3, seed=0).train.labels_N
        (missed,) = set(range(4)) - set(drawn.tolist())
        assert caplog.messages == [
            f"downstream: none of the 3 images drawn to train on is of class {missed}"
        ]

    def test_each_seed_draws_anew(self, task):
        draws = [
            task.drawn(8, seed=seed).train.pixels_NCHW.numpy().tobytes()
            for seed in (0, 0, 1)
        ]
        assert draws[0] == draws[1] != draws[2]

    def test_a_fine_tuning_draws(self, task, state, make_settings):
        few, all_ = (make_settings(images=images) for images in (10, None))
        assert task.finetune(state, few, seed=0).curves != (
            task.finetune(state, all_, seed=0).curves
        )


def test_another_learning_rate_leaves_norm_and_head_alone(make_settings):
    changed = make_settings().at_learning_rate(0.5)
    rates = [phase.learning_rate for phase in changed.training.phases]
    assert rates == [0.02, 0.5]
    assert changed.learning_rate == 0.5


class TestValidation:
    def test_holds_a_share_of_the_training_images_out(self, task):
        split = task.with_validation(0.3, seed=0)
        assert (len(split.train), len(split.test)) == (28, 12)
        found = [
            {image.numpy().tobytes() for image in part.pixels_NCHW}
            for part in (split.train, split.test)
        ]
        training = {image.numpy().tobytes() for image in task.train.pixels_NCHW}
        assert not found[0] & found[1]
        assert found[0] | found[1] == training

    def test_holds_out_class_by_class(self, task):
        held_out = task.with_validation(0.5, seed=0).test.labels_N
        counts = torch.bincount(held_out, minlength=4).tolist()
        assert max(counts) - min(counts) <= 2

    def test_never_looks_at_the_test_split(self, task):
        replace(task, test=None).with_validation(0.3, seed=0)

    def test_follows_its_seed(self, task):
        first, again, other = (
            task.with_validation(0.3, seed=seed).test.pixels_NCHW for seed in (0, 0, 1)
        )
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


def test_a_data_set_is_centred_by_its_own_training_mean(dataset):
    task = load_task(dataset, device=torch.device("cpu"))
    mean = torch.from_numpy(dataset.train_images.mean(0) / 255).float().permute(2, 0, 1)
    torch.testing.assert_close(task.train.mean_CHW, mean)
    assert torch.equal(task.test.mean_CHW, task.train.mean_CHW)
    assert (task.name, task.num_classes, len(task.test)) == ("downstream", 4, 20)
