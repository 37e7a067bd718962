"""Selection of weights to transfer, by a probe on pre-training data alone.

The probe puts a new head on the weights, fine-tunes them briefly on a few images of the
pre-training data set and measures the accuracy on others. No downstream image is ever
read. Naive stays unless another candidate is surely better in the probe, so that little
can be lost. Decision 21; `docs/selection.md` says what a probe can and cannot tell.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

import numpy as np
import torch
from scipy import stats

from know.data.subsets import nested_order
from know.errors import KnowError
from know.forgetting.ladder import Ladder
from know.provenance import versions
from know.randomness import seed_for
from know.selection_record import CandidateScore, Selection
from know.tasks.classification import Classification
from know.tasks.finetuning import Finetuning
from know.training.norms import NormLayers, start_norms
from know.training.progress import Progress
from know.training.settings import TrainingSettings
from know.weights.checkpoint import State, load_checkpoint, save_checkpoint

log = logging.getLogger("know")

# Shape suffixes: T trials.

# Differences are rounded here, so that float noise never poses as a variance, nor their
# mean as a gain.
_DECIMALS, _MEAN_DECIMALS = 9, 6


@dataclass(frozen=True, kw_only=True)
class Probe:
    """How weights are scored, and when others than Theta_0 are selected."""

    split: Literal["test", "d0"]
    """Images that no training has seen, or D_0 itself, which favours Theta_0."""
    images: int
    """Largest number of images per trial, drawn class by class."""
    share: float
    """Share of them that is held out for the score, in (0, 1); the others train."""
    trials: int
    level: float
    """Corrected p-value below which another candidate than naive is selected."""
    training: TrainingSettings

    @classmethod
    def from_config(cls, settings: Mapping[str, Any]) -> "Probe":
        """Settings from the plain values of a config."""
        training = TrainingSettings.from_config(**settings["training"])
        return cls(**{**settings, "training": training})


def probe_task(ladder: Ladder, probe: Probe, *, seed: int) -> Classification:
    """The images of one trial, split into what trains and what measures.

    Raises:
        KnowError: if there are too few images for both parts.
    """
    pool = ladder.test if probe.split == "test" else ladder.images
    labels_N = pool.labels_N.cpu().numpy()
    order_N = nested_order(labels_N, seed=seed_for(seed, "images"), stratified=True)
    indices_N = torch.from_numpy(order_N[: probe.images]).to(pool.labels_N.device)
    drawn = pool.part(indices_N)
    name = f"split {probe.split!r} of {ladder.dataset.name}"
    whole = Classification(name, len(ladder.dataset.class_names), drawn, drawn)
    task = whole.with_validation(probe.share, seed=seed_for(seed, "held out"))
    if not len(task.train):
        raise KnowError(
            f"selection: wanted images to train and to measure on, found {len(drawn)} "
            f"in {name} and a held-out share of {probe.share:g}"
        )
    return task


def prepared(state: State, norm_layers: NormLayers, ladder: Ladder) -> State:
    """Put the norm layers of weights where a fine-tuning is to start them."""
    network = ladder.network(state)
    start_norms(network, norm_layers, ladder.images)
    return dict(network.state_dict())


def score(
    weights: Path,
    ladder: Ladder,
    probe: Probe,
    *,
    method: str,
    horizon: int,
    norm_layers: NormLayers,
    run: str,
    resume: Path,
    purpose: Any,
) -> tuple[State, CandidateScore]:
    """Fine-tune weights that may be selected in every trial of the probe.

    Args:
        weights: checkpoint or prediction.
        ladder: the run's pre-training data.
        probe: how weights are scored.
        method: id of the method that predicts them.
        horizon: stages that they lie ahead.
        norm_layers: where the method's own row starts its norm layers downstream.
        run: id of the run; part of the seeds.
        resume: folder that keeps the progress of each fine-tuning.
        purpose: what the results depend on besides weights and trial, JSON-ready.

    Returns:
        The weights, ready to transfer, and their scores, not yet compared with naive's.
    """
    settings = Finetuning(
        task="selection",
        architecture=ladder.settings.architecture,
        options=ladder.settings.options,
        norm_layers="base",
        training=probe.training,
        evaluate_every=sum(phase.epochs for phase in probe.training.phases),
    )
    state, facts = load_checkpoint(weights)
    state = prepared(state, norm_layers, ladder)
    checksum, values = facts["sha256"], []
    for trial in range(probe.trials):
        # The same for all weights of a run, so that they pair.
        seed = seed_for("selection", run, trial)
        name = f"{method}-n{horizon}-trial{trial}"
        progress = Progress(
            resume / f"{name}.safetensors",
            [purpose, norm_layers, checksum, seed],
        )
        task = probe_task(ladder, probe, seed=seed)
        outcome = task.finetune(state, settings, seed=seed, progress=progress)
        log.info("%s accuracy %.2f %%", name, outcome.value)
        values.append(outcome.value)
    return state, CandidateScore(
        method=method,
        horizon=horizon,
        values=values,
        mean=fmean(values),
        difference=0.0,
        p_value=None,
        weights=checksum,
    )


def selected(
    scores: Sequence[CandidateScore], *, level: float
) -> tuple[int, list[CandidateScore]]:
    """Apply the rule of choice.

    The candidate of the highest mean accuracy (if several tie, the first) is selected
    if its paired difference from naive lies above zero by a one-sided t-test over the
    trials whose p-value, multiplied by the number of candidates (Bonferroni), is below
    `level`; otherwise naive is. With one trial there is no test, so naive is selected.

    Args:
        scores: naive first, then the candidates.
        level: in (0, 1).

    Returns:
        Place of the selected one, and `scores` with differences and p-values.
    """
    naive, *others = scores
    records = [naive, *(_compared(each, naive, len(others)) for each in others)]
    best = max(range(len(records)), key=lambda place: records[place].difference)
    p_value = records[best].p_value
    choice = best if p_value is not None and p_value < level else 0
    log.info(
        "the best in the probe is %s, p = %s; selected %s",
        records[best].name,
        p_value,
        records[choice].name,
    )
    return choice, records


def _compared(
    score: CandidateScore, naive: CandidateScore, candidates: int
) -> CandidateScore:
    difference_T = np.round(np.subtract(score.values, naive.values), _DECIMALS)
    p_value = p_value_above(difference_T.tolist())
    return replace(
        score,
        difference=round(float(difference_T.mean()), _MEAN_DECIMALS),
        p_value=None if p_value is None else min(1.0, candidates * p_value),
    )


def p_value_above(differences: Sequence[float]) -> float | None:
    """One-sided paired t-test of a mean difference above zero.

    Differences that are all equal leave nothing to measure them by. On a few images
    that happens by chance, so they prove nothing here, whatever their size: p = 1.

    Args:
        differences: one per trial.

    Returns:
        The p-value, not corrected; None for a single trial.
    """
    if len(differences) < 2:
        return None
    if np.ptp(differences) == 0:
        return 1.0
    error = float(np.std(differences, ddof=1)) / len(differences) ** 0.5
    return float(stats.t.sf(fmean(differences) / error, len(differences) - 1))


def run_selection(
    files: Any, params: Any, *, run: str, method: str, device: torch.device
) -> tuple[State, Selection]:
    """Select among a run's weights, as a job of the workflow.

    Args:
        files: the job's named inputs: `base`, `predictions` and `dataset`, which is
            the pre-training data set and no other.
        params: the job's params: `contenders`, `probe`, `pretraining` (of D_0's draw),
            `resume` and `code`.
        run: id of the run.
        method: id of the selecting method.
        device: where fine-tunings run.

    Returns:
        The selected weights, norm layers prepared, and the record of the selection.
    """
    ladder = Ladder.read(Path(files.dataset), params.pretraining, device=device)
    probe = Probe.from_config(params.probe)
    digests = ladder.dataset.digests
    paths = [files.base, *files.predictions]
    scored = [
        score(
            Path(path),
            ladder,
            probe,
            **fact,
            run=run,
            resume=Path(params.resume),
            purpose=[params.probe, params.pretraining, params.code, digests],
        )
        for fact, path in zip(params.contenders, paths, strict=True)
    ]
    choice, records = selected([score for _, score in scored], level=probe.level)
    return scored[choice][0], Selection(
        run=run,
        method=method,
        pick=records[choice].method,
        horizon=records[choice].horizon,
        candidates=records,
        settings=dict(params.probe),
        digests=digests,
        versions=versions(),
    )


def write_selected(path: Path, state: State, selection: Selection) -> None:
    """Write the selected weights as a checkpoint whose card says what was compared."""
    card = {
        "horizon": selection.horizon,
        "method": selection.method,
        "pick": selection.pick,
        "run": selection.run,
        "scores": {each.name: each.mean for each in selection.candidates},
    }
    save_checkpoint(path, state, card)
