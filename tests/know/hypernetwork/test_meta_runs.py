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
    stages=[4, 5],
    images=[200, 800],
    steps=[100, 400],
    smallest_subset=10,
    rate=[0.5, 0.9],
    smallest_batch=32,
    largest_batch=128,
    augmentations=["none", "affine"],
)
SIZES = [100_000, 100_000]


_OF_IMAGES = {"images", "stages", "epochs", "batch_size"}


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
            ("augmentation", 2),
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

    def test_images_and_steps_are_drawn_alike_in_their_logarithm(self):
        for trial in trials():
            assert 200 <= trial.images <= 800
            steps = trial.epochs * trial.images / trial.batch_size
            assert steps == pytest.approx(200, rel=1.1)
        # sqrt(200 x 800) is in the middle.
        below = sum(trial.images < 400 for trial in trials())
        assert below / 300 == pytest.approx(0.5, abs=0.09)


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
            ({"smallest_batch": 8, "largest_batch": 64}, {"batch_size", "epochs"}),
            ({"augmentations": ["crop-flip"]}, {"augmentation"}),
        ],
    )
    def test_a_setting_changes_its_own_draws_alone(self, changes, wanted):
        assert changed_by(replace(SETTINGS, **changes)) == wanted

    def test_a_further_data_set_changes_data_sets_alone(self):
        assert changed_by(SETTINGS, sizes=[100_000] * 3) == {"dataset"}

    def test_bounds_of_the_rate_change_what_depends_on_it_alone(self):
        found = changed_by(replace(SETTINGS, rate=[0.6, 0.8]))
        assert found == {"rate", "batch_size", "epochs"}


class TestImages:
    @pytest.mark.parametrize("rate", [0.3, 0.5, 0.7, 0.9])
    def test_the_last_stage_keeps_enough_images(self, rate):
        for trial in trials(replace(SETTINGS, rate=[rate, rate])):
            sizes = stage_sizes(trial.images, rate=rate, stages=trial.stages)
            assert trial.stages in (4, 5)
            assert sizes[-1] >= 10
            # One stage more would leave too few, or there are as many as there may be.
            assert trial.stages == 5 or sizes[-1] * rate < 11

    def test_a_low_rate_takes_more_images_than_its_upper_bound(self):
        steep = trials(replace(SETTINGS, rate=[0.2, 0.2]))
        assert {trial.images for trial in steep} == {1250}

    def test_a_smaller_data_set_changes_its_own_trials_alone(self):
        for trial, other in zip(trials(), trials(sizes=[200, 100_000]), strict=True):
            changed = differing(trial, other)
            assert changed <= (_OF_IMAGES if not trial.dataset else set())

    def test_the_smallest_data_set_that_a_config_may_have_suffices(self):
        # 10 / (1/2)^3, as the check of configs asks.
        small = replace(SETTINGS, images=[20, 800])
        for trial in trials(small, sizes=[80, 80]):
            sizes = stage_sizes(trial.images, rate=trial.rate, stages=trial.stages)
            assert sizes[-1] >= 10


class TestBatches:
    def test_they_reach_up_to_the_authors_bound(self):
        for trial in trials():
            bound = max(64, min(128, int(trial.images * trial.rate**6)))
            assert 32 <= trial.batch_size <= bound

    def test_where_the_authors_bound_is_lower_they_reach_twice_the_smallest(self):
        few = replace(SETTINGS, images=[60, 120])
        drawn = [trial.batch_size for trial in trials(few)]
        assert 32 <= min(drawn) < 36
        assert 60 < max(drawn) <= 64
