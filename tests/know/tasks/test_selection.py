from types import SimpleNamespace

import numpy as np
import pytest
import torch

from know.data.arrays import write_dataset
from know.selection_record import CandidateScore
from know.tasks.selection import (
    answers_of,
    choose,
    compare,
    recalibrated,
    run_selection,
    write_selected,
)
from know.weights.checkpoint import load_checkpoint, save_checkpoint

NAN = np.nan


class TestComparison:
    # With one degree of freedom, P(t > x) = 1/2 - atan(x) / pi; the quantiles are
    # t(.75) = 1 and t(.8) = tan(.3 pi) = 1.3764.
    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            # Draws differ by 50, 50: error 0. Images by 100, 0, 0: standard deviation
            # 57.735, error 33.333, which both clusterings together do not lower: the
            # four values have a variance of 2500, a quarter of it is 625. t = 1.5.
            ([[1, 0, NAN], [1, NAN, 0]], (50, 33.3333, 2 * 0.187167, 79.2127)),
            # Draws differ by 100, 50, images too: errors 25. The four values have a
            # variance of 1875, a quarter of it is 468.75: the squared error is
            # 625 + 625 - 468.75 = 781.25. t = 75 / 27.951 = 2.6833.
            ([[1, 1], [1, 0]], (75, 27.9508, 2 * 0.113552, 66.4219)),
            # The other sign: 2 (1 - 0.113552), at most 1.
            ([[-1, -1], [-1, 0]], (-75, 27.9508, 1, 66.4219)),
            # No variance proves nothing.
            ([[1, 1], [1, 1]], (100, 0, 1, 0)),
            ([[0, 0], [0, 0]], (0, 0, 1, 0)),
        ],
    )
    def test_counts_draws_and_images(self, answers, expected):
        answers_DN = np.array(answers, dtype=float)
        default_DN = np.where(np.isnan(answers_DN), NAN, 0.0)
        found = compare(answers_DN, default_DN, tests=2, level=0.5)
        assert found == pytest.approx(expected, rel=1e-4)

    def test_an_image_that_always_trained_counts_nowhere(self):
        answers_DN = np.array([[1, 1, NAN], [1, 0, NAN]])
        default_DN = np.array([[0, 0, NAN], [0, 0, NAN]])
        found = compare(answers_DN, default_DN, tests=1, level=0.1)
        assert found.standard_error == pytest.approx(27.9508, rel=1e-4)

    def test_is_paired_image_by_image(self):
        answers_DN = np.array([[1, 0, 1, 1], [1, 0, 1, 0]], dtype=float)
        found = compare(answers_DN, answers_DN, tests=1, level=0.1)
        assert (found.difference, found.standard_error) == (0, 0)


def scored(**compared):
    """The default and other candidates, by difference and corrected p-value."""
    return [
        CandidateScore(
            method=name,
            horizon=0,
            accuracies=[50.0, 50.0],
            difference=difference,
            standard_error=None,
            p_value=p_value,
            detectable=None,
            weights=f"checksum-{name}",
        )
        for name, (difference, p_value) in {"usual": (0.0, None), **compared}.items()
    ]


@pytest.mark.parametrize(
    ("others", "chosen"),
    [
        ({"best": (0.5, 0.09)}, "best"),
        ({"best": (0.5, 0.1)}, "usual"),
        ({"worse": (-0.1, 0.6), "best": (0.5, 0.01)}, "best"),
        # Only the leader is tested.
        ({"sure": (0.4, 0.01), "wild": (0.5, 0.2)}, "usual"),
        ({"first": (0.5, 0.01), "second": (0.5, 0.01)}, "first"),
    ],
)
def test_the_default_is_left_on_evidence_alone(others, chosen):
    assert choose(scored(**others), "usual", level=0.1) == chosen


class TestPower:
    """Simulated probes: a default, three candidates, 24 draws of 300 images.

    An image is answered correctly with a probability of its own, which a candidate
    moves by 10 points (standard deviation) either way; a draw moves it by one point.
    """

    LEVEL, PROBES = 0.1, 200

    def probe(self, rng, gain=0.0):
        easy_N = rng.uniform(0.3, 0.7, 300)
        is_measured_DN = rng.random((24, 300)) > 0.1

        def answers(shift_N):
            chance_DN = easy_N + shift_N + rng.normal(0, 0.01, (24, 1))
            right_DN = rng.random((24, 300)) < chance_DN
            return np.where(is_measured_DN, right_DN, NAN)

        default_DN = answers(0.0)
        gains = (gain / 100, 0.0, 0.0)
        return {
            name: compare(
                answers(rng.normal(mean, 0.1, 300)),
                default_DN,
                tests=3,
                level=self.LEVEL,
            )
            for name, mean in zip(("first", "second", "third"), gains, strict=True)
        }

    def chosen(self, gain=0.0):
        rng = np.random.default_rng(0)
        found = []
        for _ in range(self.PROBES):
            probe = self.probe(rng, gain)
            candidates = scored(
                **{n: (c.difference, c.p_value) for n, c in probe.items()}
            )
            found.append(choose(candidates, "usual", level=self.LEVEL))
        return found

    def test_equals_keep_the_default(self):
        kept = self.chosen().count("usual")
        assert kept >= (1 - self.LEVEL) * self.PROBES

    def test_two_detectable_differences_are_nearly_always_found(self):
        detectable = self.probe(np.random.default_rng(1))["first"].detectable
        assert self.chosen(2 * detectable).count("first") >= 0.99 * self.PROBES


@pytest.fixture
def candidates(theta, tmp_path):
    """Theta_0, the same weights under another name, and spoilt ones."""
    spoilt = {name: torch.zeros_like(value) for name, value in theta.items()}
    paths = {}
    for name, state in (("naive", theta), ("twin", theta), ("spoilt", spoilt)):
        paths[name] = tmp_path / f"{name}.safetensors"
        save_checkpoint(paths[name], state, {"of": name})
    return paths


@pytest.fixture
def answers(ladder, probe, theta, tmp_path):
    def answers(run="r0", resume="resume"):
        place = {"run": run, "resume": tmp_path / resume, "purpose": "p"}
        return answers_of(theta, ladder, probe, name="naive", **place)

    return answers


class TestAnswers:
    def test_are_there_for_all_images_that_do_not_train(self, answers):
        answers_DN = answers()
        assert answers_DN.shape == (2, 10)
        assert np.isnan(answers_DN).sum(axis=1).tolist() == [4, 4]
        assert set(answers_DN[~np.isnan(answers_DN)]) <= {0, 1}

    def test_follow_the_run(self, answers):
        first, other = (np.isnan(answers(run, resume=run)) for run in ("r0", "r1"))
        assert (first != other).any()

    def test_are_not_found_twice_where_they_are_kept(self, answers, caplog):
        first = answers()
        with caplog.at_level("INFO", "know"):
            again = answers()
        assert caplog.messages.count("resuming after epoch 3") == 2
        np.testing.assert_array_equal(again, first)


class TestJob:
    @pytest.fixture
    def files(self, dataset, candidates, tmp_path):
        path = tmp_path / "pretraining-data.safetensors"
        write_dataset(path, dataset)
        return SimpleNamespace(
            weights=list(map(str, candidates.values())), dataset=str(path)
        )

    @pytest.fixture
    def params(self, candidates, pretraining, probe_config, tmp_path):
        return SimpleNamespace(
            candidates=[{"method": name, "horizon": 0} for name in candidates],
            default="twin",
            pretraining=pretraining,
            probe=probe_config,
            resume=str(tmp_path / "resume"),
            code="0123",
        )

    @pytest.fixture
    def done(self, files, params):
        device = torch.device("cpu")
        return run_selection(files, params, run="r0", method="auto", device=device)

    def test_records_the_pick_and_how_all_compare_with_the_default(
        self, done, dataset, probe_config
    ):
        _, selection = done
        assert (selection.run, selection.method) == ("r0", "auto")
        assert (selection.default, selection.pick) == ("twin", "twin")
        naive, twin, spoilt = selection.candidates
        assert naive.accuracies == twin.accuracies
        assert (naive.difference, naive.p_value) == (0, 1)
        assert (twin.difference, twin.p_value, twin.detectable) == (0, None, None)
        means = [np.mean(each.accuracies) for each in (spoilt, twin)]
        assert spoilt.difference == pytest.approx(means[0] - means[1])
        assert selection.settings == probe_config
        assert selection.digests == dataset.digests
        assert "torch" in selection.versions

    def test_writes_the_weights_that_were_compared(self, done, ladder, theta, tmp_path):
        path = tmp_path / "auto.safetensors"
        write_selected(path, *done)
        found, card = load_checkpoint(path)
        wanted = recalibrated(theta, ladder)
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)
        assert (card["pick"], card["run"]) == ("twin", "r0")
        assert list(card["differences"]) == ["naive", "spoilt", "twin"]
