"""Trials of a downstream task, with the same seeds for every method, so rows pair."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.data.arrays import read_dataset
from know.errors import raise_all
from know.forgetting.held_out import zero_shot_accuracy
from know.forgetting.ladder import Ladder
from know.provenance import versions
from know.randomness import seed_for
from know.records import ChosenRate, Score, read_learning_rates
from know.tasks import TASKS
from know.tasks.finetuning import Finetuning
from know.tasks.task import Task
from know.training.images import Images
from know.training.progress import Progress
from know.weights.checkpoint import load_checkpoint
from know.weights.compare import compare_weights
from know.weights.kinds import PREDICTED_KINDS

log = logging.getLogger("know")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A set of weights to fine-tune: one table row of one run."""

    run: str
    method: str
    horizon: int
    factor: float
    path: Path
    """Checkpoint or prediction."""


@dataclass(frozen=True, kw_only=True)
class TrialSetting:
    """Settings that all trials of a job share."""

    task: Task
    settings: Finetuning
    base: Path
    """Theta_0 of the run, with which candidates are compared."""
    calibration: Images | None
    """D_0, if norm layers are measured again."""
    pretraining: Ladder | None = None
    """The pre-training task, if weights are measured on it before fine-tuning."""
    purpose: Any
    """Everything else that the results depend on, JSON-ready."""
    digests: Mapping[str, str]
    """SHA-256 of the downstream splits."""
    lower_is_better: bool = False
    """Whether a smaller value of the task's metrics is the better one."""


def trial_setting(files: Any, params: Any, *, device: torch.device) -> TrialSetting:
    """Collect what the trials of one job share.

    Args:
        files: the job's named inputs: `dataset`, `base`, and `pretraining`, the data
            set of D_0, empty unless weights or norm layers are measured on it.
        params: the job's params: `type` of the task, `settings`, `pretraining` (how
            D_0 is drawn), `code`.
        device: where trials run.
    """
    dataset = read_dataset(Path(files.dataset))
    digests = [dataset.digests]
    settings, ladder = Finetuning.from_config(params.settings), None
    if files.pretraining:
        path = Path(files.pretraining)
        ladder = Ladder.read(path, params.pretraining, device=device)
        digests.append(ladder.dataset.digests)
    is_calibrated = settings.norm_layers == "recalibrate"
    return TrialSetting(
        task=TASKS[params.type](dataset, device=device),
        settings=settings,
        base=Path(files.base),
        calibration=ladder.images if ladder and is_calibrated else None,
        pretraining=ladder,
        purpose=[params.settings, params.pretraining, params.code, digests],
        digests=dataset.digests,
        lower_is_better=TASKS.facts(params.type).get("LOWER_IS_BETTER", False),
    )


def candidates_of(
    facts: Sequence[Mapping[str, Any]], paths: Sequence[str]
) -> list[Candidate]:
    """Pair the facts that the plan states about each candidate with its file."""
    return [
        Candidate(**fact, path=Path(path))
        for fact, path in zip(facts, paths, strict=True)
    ]


def run_trials(
    candidates: Sequence[Candidate],
    trials: Sequence[int],
    setting: TrialSetting,
    *,
    resume: Path,
    learning_rates: Mapping[int, float],
) -> tuple[list[Score], dict[str, Tensor]]:
    """Fine-tune every candidate in every trial.

    A trial's seed covers the draw of images, the new head, the order of images and
    their augmentation. It depends on the task, the pre-training's seed and the trial
    alone: differences between candidates are paired, pre-trainings are independent.

    Args:
        candidates: sets of weights.
        trials: numbers of the trials.
        setting: what all trials share.
        resume: folder that keeps the progress of each trial.
        learning_rates: those chosen, by horizon; none, to take that of the settings.

    Returns:
        A score per candidate, trial and metric, those of trial 0 with the weights'
        accuracy on the pre-training task if `setting` has it; and the fine-tuned
        networks' output for test images, under `n{horizon}/trial{trial}/{name}`.
    """
    base, base_facts = load_checkpoint(setting.base)
    predicted = [name for name, kind in base_facts["kinds"] if kind in PREDICTED_KINDS]
    scores: list[Score] = []
    samples: dict[str, Tensor] = {}
    for candidate in candidates:
        state, facts = load_checkpoint(candidate.path)
        comparison = compare_weights(state, base, predicted)
        settings = setting.settings
        if learning_rates:
            settings = settings.at_learning_rate(learning_rates[candidate.horizon])
        zero_shot = None
        if setting.pretraining and 0 in trials:
            zero_shot = zero_shot_accuracy(setting.pretraining, state)
        for trial in trials:
            seed = seed_for("trial", settings.task, settings.pretraining_seed, trial)
            name = f"{candidate.method}-n{candidate.horizon}-trial{trial}"
            purpose = [setting.purpose, facts["sha256"], settings.learning_rate, trial]
            outcome = setting.task.finetune(
                state,
                settings,
                seed=seed,
                calibration=setting.calibration,
                progress=Progress(resume / f"{name}.safetensors", purpose),
            )
            for metric, curve in outcome.curves.items():
                log.info("%s %s %.2f", name, metric, curve[-1])
                scores.append(
                    Score(
                        run=candidate.run,
                        method=candidate.method,
                        horizon=candidate.horizon,
                        factor=candidate.factor,
                        task=settings.task,
                        trial=trial,
                        metric=metric,
                        value=curve[-1],
                        curve=curve,
                        seconds=outcome.seconds,
                        seed=seed,
                        learning_rate=settings.learning_rate,
                        zero_shot=zero_shot if trial == 0 else None,
                        comparison=comparison,
                        digests={**setting.digests, "weights": facts["sha256"]},
                        versions=versions(),
                    )
                )
            place = f"n{candidate.horizon}/trial{trial}"
            for sample, tensor in outcome.samples.items():
                samples[f"{place}/{sample}"] = tensor
    return scores, samples


def choose_learning_rates(
    candidates: Sequence[Candidate],
    setting: TrialSetting,
    *,
    grid: Sequence[float],
    share: float,
    trials: int,
    resume: Path,
) -> list[ChosenRate]:
    """Choose each candidate's learning rate on a part of the training images.

    The test split is never looked at, and the seeds are not those of the trials that
    the table reports.

    Args:
        candidates: sets of weights, of different horizons.
        setting: settings that all trials share.
        grid: peak learning rates to try.
        share: share of the training images that is held out, in (0, 1).
        trials: number of fine-tunings averaged per learning rate.
        resume: folder that keeps the progress of each fine-tuning.

    Returns:
        Of each, the learning rate with the best mean of the task's first metric; the
        smaller one if two tie.
    """
    settings, best = setting.settings, min if setting.lower_is_better else max
    task = setting.task.with_validation(
        share, seed=seed_for("validation split", settings.task)
    )
    chosen = []
    for candidate in candidates:
        state, facts = load_checkpoint(candidate.path)
        means = {}
        for rate in sorted(grid):
            values = []
            for trial in range(trials):
                name = f"n{candidate.horizon}-rate{rate}-trial{trial}"
                purpose = [setting.purpose, facts["sha256"], share, rate, trial]
                outcome = task.finetune(
                    state,
                    settings.at_learning_rate(rate),
                    seed=seed_for("learning-rate choice", settings.task, trial),
                    calibration=setting.calibration,
                    progress=Progress(resume / f"{name}.safetensors", purpose),
                )
                values.append(outcome.value)
            means[rate] = sum(values) / len(values)
        chosen.append(
            ChosenRate(
                run=candidate.run,
                task=settings.task,
                method=candidate.method,
                horizon=candidate.horizon,
                learning_rate=best(means, key=lambda rate: means[rate]),
            )
        )
        log.info("%s n=%d: %s", candidate.method, candidate.horizon, means)
    return chosen


def chosen_rates(
    paths: Sequence[str], candidates: Sequence[Candidate], *, task: str
) -> dict[int, float]:
    """Read the chosen learning rates of all candidates, by horizon; none without files.

    Raises:
        KnowError: if a file is damaged, or naming what is missing or of others.
    """
    if not paths:
        return {}
    records = read_learning_rates(map(Path, paths))
    wanted = {(each.run, task, each.method, each.horizon) for each in candidates}
    found = {(each.run, each.task, each.method, each.horizon) for each in records}
    raise_all(
        [
            f"{run} {task} {method} (horizon {horizon}): "
            + ("not asked for" if (run, task, method, horizon) in found else "missing")
            for run, task, method, horizon in sorted(wanted ^ found)
        ],
        "these learning rates are not those of the job; delete them and run again",
    )
    return {each.horizon: each.learning_rate for each in records}
