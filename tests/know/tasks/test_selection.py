from dataclasses import replace
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace

import pytest
import torch

from know.data.arrays import write_dataset
from know.selection_record import CandidateScore
from know.tasks.selection import (
    p_value_above,
    prepared,
    run_selection,
    score,
    selected,
    write_selected,
)
from know.weights.checkpoint import load_checkpoint, save_checkpoint

# One-sided p of differences 1, 2, 3: t = 2 / (1 / sqrt 3) = 3.464 at two degrees of
# freedom, (1 - t / sqrt(2 + t^2)) / 2.
P_OF_123 = 0.0370899


def scored(*columns):
    """Naive and candidates m1, m2, ... with the given accuracy in each trial."""
    names = ["naive", *(f"m{number}" for number in range(1, len(columns)))]
    return [
        CandidateScore(
            method=name,
            horizon=place,
            values=list(values),
            mean=fmean(values),
            difference=0.0,
            p_value=None,
            weights=f"checksum-{name}",
        )
        for place, (name, values) in enumerate(zip(names, columns, strict=True))
    ]


def pick_of(*columns, level=0.1):
    place, records = selected(scored(*columns), level=level)
    return records[place].method


class TestRuleOfChoice:
    def test_takes_the_best_where_it_is_surely_better(self):
        naive, better = [50.0, 50.0, 50.0], [51.0, 52.0, 53.0]
        assert pick_of(naive, better) == "m1"
        assert pick_of(naive, better, level=P_OF_123 - 1e-4) == "naive"
        assert pick_of(naive, better, level=P_OF_123 + 1e-4) == "m1"

    def test_multiplies_p_by_the_number_of_candidates(self):
        naive, better, worse = [50.0] * 3, [51.0, 52.0, 53.0], [49.0, 48.0, 47.0]
        _, records = selected(scored(naive, better, worse, worse), level=0.1)
        assert records[1].p_value == pytest.approx(3 * P_OF_123, abs=1e-6)
        assert records[2].p_value == 1.0
        assert pick_of(naive, better, worse) == "m1"
        assert pick_of(naive, better, worse, worse) == "naive"

    def test_tests_only_the_best(self):
        naive = [50.0, 50.0, 50.0]
        sure, wild = [51.0, 51.1, 51.2], [40.0, 60.0, 80.0]
        assert pick_of(naive, sure) == "m1"
        assert pick_of(naive, sure, wild) == "naive"

    def test_pairs_trials(self):
        naive = [10.0, 50.0, 90.0]
        assert pick_of(naive, [11.0, 52.0, 93.0]) == "m1"
        assert pick_of(naive, [93.0, 52.0, 11.0]) == "naive"

    def test_takes_the_first_of_equals(self):
        naive, better = [50.0] * 3, [51.0, 52.0, 53.0]
        assert pick_of(naive, better, better[::-1]) == "m1"
        assert pick_of(better, better) == "naive"

    def test_takes_no_float_noise_for_a_gain(self):
        values = [100 * hits / 18 for hits in (1, 2, 0, 1)]
        shuffled = [100 * hits / 18 for hits in (0, 1, 1, 2)]
        _, records = selected(scored(values, shuffled), level=0.1)
        assert records[1].difference == 0
        assert pick_of(values, shuffled, level=0.99) == "naive"

    def test_leaves_naive_after_a_single_trial(self):
        place, records = selected(scored([10.0], [90.0]), level=0.9)
        assert place == 0
        assert [record.p_value for record in records] == [None, None]
        assert [record.difference for record in records] == [0.0, 80.0]

    def test_proves_nothing_by_differences_that_are_all_equal(self):
        assert pick_of([10.0, 20.0], [15.0, 25.0], level=0.9) == "naive"


def test_the_test_is_one_sided():
    assert p_value_above([1.0, 2.0, 3.0]) == pytest.approx(P_OF_123, abs=1e-6)
    assert p_value_above([-1.0, -2.0, -3.0]) == pytest.approx(1 - P_OF_123, abs=1e-6)


@pytest.fixture
def contenders(theta, tmp_path):
    """Naive, the same weights under another name, and spoilt ones."""
    spoilt = {name: torch.zeros_like(value) for name, value in theta.items()}
    made = []
    for name, horizon, state, norm_layers in (
        ("naive", 0, theta, "base"),
        ("twin", 1, theta, "base"),
        ("spoilt", 2, spoilt, "fresh"),
    ):
        path = tmp_path / f"{name}.safetensors"
        save_checkpoint(path, state, {"of": name})
        facts = {"method": name, "horizon": horizon, "norm_layers": norm_layers}
        made.append((path, facts))
    return made


@pytest.fixture
def choose(ladder, probe, tmp_path):
    def choose(contenders, *, run="r0", resume="resume", probe=probe):
        options = {"run": run, "resume": tmp_path / resume, "purpose": "p"}
        found = [
            score(path, ladder, probe, **facts, **options)[1]
            for path, facts in contenders
        ]
        return selected(found, level=probe.level)

    return choose


class TestSelection:
    def test_gives_every_contender_the_same_trials(self, choose, contenders):
        _, (naive, twin, _) = choose(contenders)
        assert twin.values == naive.values
        assert len(naive.values) == 2
        assert twin.difference == 0

    def test_seeds_follow_the_run(self, choose, contenders, probe):
        probe = replace(probe, trials=5)
        found = [
            choose(contenders[:1], run=run, resume=f"{run}-resume", probe=probe)[1][0]
            for run in ("r0", "r1")
        ]
        assert found[0].values != found[1].values

    @pytest.mark.parametrize("norm_layers", ["base", "fresh", "recalibrate"])
    def test_transfers_as_the_picks_own_row_would(
        self, task, ladder, theta, make_settings, norm_layers
    ):
        own, ready = make_settings(norm_layers=norm_layers), make_settings()
        row = task.finetune(theta, own, seed=3, calibration=ladder.images)
        transferred = prepared(theta, norm_layers, ladder)
        picked_row = task.finetune(transferred, ready, seed=3)
        assert picked_row.curves == row.curves
        assert torch.equal(picked_row.samples["classes"], row.samples["classes"])

    def test_does_not_fine_tune_twice_what_is_kept(self, choose, contenders, caplog):
        first = choose(contenders)[1]
        with caplog.at_level("INFO", "know"):
            again = choose(contenders)[1]
        assert caplog.messages.count("resuming after epoch 3") == 6
        assert again == first


class TestJob:
    @pytest.fixture
    def files(self, dataset, contenders, tmp_path):
        path = tmp_path / "pretraining-data.safetensors"
        write_dataset(path, dataset)
        base, *predictions = (str(path) for path, _ in contenders)
        return SimpleNamespace(base=base, predictions=predictions, dataset=str(path))

    @pytest.fixture
    def params(self, contenders, pretraining, probe_config, tmp_path):
        return SimpleNamespace(
            contenders=[facts for _, facts in contenders],
            pretraining=pretraining,
            probe=probe_config,
            resume=str(tmp_path / "resume"),
            code="0123",
        )

    @pytest.fixture
    def done(self, files, params):
        device = torch.device("cpu")
        return run_selection(files, params, run="r0", method="auto", device=device)

    def test_records_the_pick_and_all_scores(self, done, dataset, probe_config):
        _, selection = done
        assert (selection.run, selection.method) == ("r0", "auto")
        assert (selection.pick, selection.horizon) == ("naive", 0)
        names = [candidate.method for candidate in selection.candidates]
        assert names == ["naive", "twin", "spoilt"]
        assert selection.settings == probe_config
        assert selection.digests == dataset.digests
        assert "torch" in selection.versions

    def test_writes_weights_that_are_theta_0_s_where_naive_is_picked(
        self, done, files, tmp_path
    ):
        path = tmp_path / "auto.safetensors"
        write_selected(path, *done)
        found, card = load_checkpoint(path)
        base, _ = load_checkpoint(Path(files.base))
        assert set(found) == set(base)
        assert all(torch.equal(found[name], base[name]) for name in base)
        assert (card["pick"], card["horizon"], card["run"]) == ("naive", 0, "r0")
        assert set(card["scores"]) == {"naive-n0", "twin-n1", "spoilt-n2"}
