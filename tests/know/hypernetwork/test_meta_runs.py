from dataclasses import asdict, replace

import pytest

from know.data.subsets import stage_sizes
from know.hypernetwork.metadata import (
    MetaDataSettings,
    OptimizerDraw,
    draw_meta_run,
)

ADAM = OptimizerDraw(optimizer="adam", learning_rate=[0.0001, 0.004], weight_decay=0)
SGD = OptimizerDraw(optimizer="sgd", learning_rate=[0.01, 0.1], weight_decay=0.001)
FAMILIES = {
    "narrow": {"architecture": "simplenet", "options": {"width": 2}},
    "wide": {"architecture": "simplenet", "options": {"width": 8}},
    "mlp": {"architecture": "mlp"},
}
SETTINGS = MetaDataSettings(
    metadata="small",
    families=FAMILIES,
    optimizers=[ADAM, SGD],
    schedules=["constant", "cosine"],
    stages=5,
    images_seen=6000,
    largest_epochs=8,
    smallest_subset=10,
    rate=[0.5, 0.9],
    smallest_batch=32,
    largest_batch=128,
    measured=50,
    augmentation="none",
)
SIZES = [100_000, 100_000]


def trials(settings=SETTINGS, *, count=300, sizes=SIZES):
    return [draw_meta_run(settings, number, sizes=sizes) for number in range(count)]


def differing(trial, other):
    """Names of what two trials do not share."""
    first, second = asdict(trial), asdict(other)
    return {name for name in first if first[name] != second[name]}


def changed_by(settings, *, sizes=SIZES, usual=SETTINGS):
    """Names of what other settings change in any of the first trials."""
    pairs = zip(trials(usual), trials(settings, sizes=sizes), strict=True)
    return set().union(*(differing(trial, other) for trial, other in pairs))


class TestDraws:
    def test_the_same_number_gives_the_same_trial(self):
        assert trials() == trials()

    def test_numbers_give_different_trials(self):
        assert len({trial.rate for trial in trials()}) == 300
        assert len({trial.seed for trial in trials()}) == 300

    def test_rates_fill_their_bounds(self):
        rates = [trial.rate for trial in trials()]
        assert 0.5 <= min(rates) < 0.52
        assert 0.88 < max(rates) <= 0.9

    @pytest.mark.parametrize("draw", [ADAM, SGD])
    def test_each_optimizer_has_its_own_learning_rates_and_decay(self, draw):
        drawn = [trial for trial in trials() if trial.optimizer == draw.optimizer]
        assert {trial.weight_decay for trial in drawn} == {draw.weight_decay}
        low, high = draw.learning_rate
        found = [(trial.learning_rate - low) / (high - low) for trial in drawn]
        assert 0 <= min(found) < 0.05
        assert 0.95 < max(found) <= 1

    @pytest.mark.parametrize(
        ("name", "choices"),
        [
            ("family", 3),
            ("dataset", 2),
            ("optimizer", 2),
            ("schedule", 2),
        ],
    )
    def test_choices_are_made_alike(self, name, choices):
        drawn = [getattr(trial, name) for trial in trials()]
        counts = [drawn.count(value) for value in set(drawn)]
        assert len(counts) == choices
        # Binomial: at most 9 from its mean in one standard deviation.
        assert all(abs(count - 300 / choices) < 36 for count in counts)

    def test_a_family_is_an_architecture_with_its_options(self):
        for trial in trials():
            wanted = FAMILIES[trial.family]
            assert trial.architecture == wanted["architecture"]
            assert trial.options == wanted.get("options", {})

    def test_epochs_are_drawn_alike_in_their_logarithm(self):
        gentle = replace(SETTINGS, smallest_subset=1, images_seen=100_000)
        drawn = [trial.epochs for trial in trials(gentle)]
        assert set(drawn) == set(range(1, 9))
        # ln 1.5, ln(2.5 / 1.5) and ln(8 / 7.5) of ln 8.
        for epochs, share in ((1, 0.195), (2, 0.246), (8, 0.031)):
            assert drawn.count(epochs) / 300 == pytest.approx(share, abs=0.07)

    def test_training_settings_are_what_was_drawn(self):
        trial = trials()[3]
        training = trial.training("affine")
        (phase,) = training.phases
        assert (phase.epochs, phase.learning_rate, phase.schedule, phase.trainable) == (
            trial.epochs,
            trial.learning_rate,
            trial.schedule,
            "everything",
        )
        assert training.batch_size == trial.batch_size
        assert training.optimizer == trial.optimizer
        assert training.weight_decay == trial.weight_decay
        assert training.augmentation == "affine"


class TestOneDrawDoesNotShiftAnother:
    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            (
                {"families": {**FAMILIES, "vit": {"architecture": "vit-small"}}},
                {"family", "architecture", "options"},
            ),
            (
                {"optimizers": [ADAM, SGD, replace(ADAM, weight_decay=0.1)]},
                {"optimizer", "learning_rate", "weight_decay"},
            ),
            (
                {"optimizers": [replace(ADAM, learning_rate=[1, 2]), SGD]},
                {"learning_rate"},
            ),
            ({"schedules": ["constant", "cosine", "step"]}, {"schedule"}),
            ({"smallest_batch": 8, "largest_batch": 64}, {"batch_size"}),
        ],
    )
    def test_a_setting_changes_its_own_draws_alone(self, changes, wanted):
        assert changed_by(replace(SETTINGS, **changes)) == wanted

    def test_a_further_data_set_changes_data_sets_alone(self):
        assert changed_by(SETTINGS, sizes=[100_000] * 3) == {"dataset"}

    def test_bounds_of_the_rate_change_what_depends_on_it_alone(self):
        # With a small last stage, the rate limits the number of epochs.
        small = replace(SETTINGS, smallest_subset=60)
        found = changed_by(replace(small, rate=[0.6, 0.8]), usual=small)
        assert found == {"rate", "images", "epochs", "batch_size"}


class TestImages:
    def test_a_trial_sees_about_as_many_images_as_it_may(self):
        for trial in trials():
            sizes = stage_sizes(trial.images, rate=trial.rate, stages=5)
            seen = trial.epochs * sum(sizes)
            # Sizes are rounded down, by less than an image a stage and one of D_0.
            assert seen <= 6000
            assert seen > 6000 - trial.epochs * (5 + 5)

    @pytest.mark.parametrize("rate", [0.5, 0.6, 0.7, 0.8, 0.9])
    def test_the_last_stage_keeps_enough_images(self, rate):
        for trial in trials(replace(SETTINGS, rate=[rate, rate])):
            assert trial.rate == rate
            sizes = stage_sizes(trial.images, rate=rate, stages=5)
            assert sizes[-1] >= 10

    def test_steep_forgetting_leaves_fewer_epochs(self):
        # At 1/2 D_0 has 6000 / (31/16) / epochs images, the last stage a 16th.
        steep = trials(replace(SETTINGS, rate=[0.5, 0.5], smallest_subset=40))
        assert max(trial.epochs for trial in steep) == 4
        gentle = trials(replace(SETTINGS, rate=[0.9, 0.9], smallest_subset=40))
        assert max(trial.epochs for trial in gentle) == 8

    def test_a_smaller_data_set_changes_its_own_trials_alone(self):
        for trial, other in zip(trials(), trials(sizes=[200, 100_000]), strict=True):
            changed = differing(trial, other)
            assert changed <= ({"images", "batch_size"} if not trial.dataset else set())

    def test_the_smallest_data_set_that_a_config_may_have_suffices(self):
        # 10 / (1/2)^4, as the check of configs asks.
        for trial in trials(sizes=[160, 160]):
            assert stage_sizes(trial.images, rate=trial.rate, stages=5)[-1] >= 10


class TestBatches:
    def test_they_reach_up_to_the_authors_bound(self):
        for trial in trials():
            bound = max(64, min(128, int(trial.images * trial.rate**6)))
            assert 32 <= trial.batch_size <= bound

    def test_they_fill_their_bounds(self):
        drawn = [trial.batch_size for trial in trials()]
        assert min(drawn) < 36
        assert max(drawn) > 110

    def test_where_the_authors_bound_is_lower_they_reach_twice_the_smallest(self):
        few = replace(SETTINGS, images_seen=500, largest_epochs=1)
        drawn = [trial.batch_size for trial in trials(few)]
        assert 32 <= min(drawn) < 36
        assert 60 < max(drawn) <= 64


def test_settings_are_read_from_a_config():
    plain = {
        **vars(SETTINGS),
        "optimizers": [asdict(ADAM), asdict(SGD)],
    }
    assert MetaDataSettings.from_config(plain) == SETTINGS
