"""Recommendation of weights to transfer, checked by a probe on pre-training data alone.

A default is kept unless another candidate is surely better in the probe, which puts a
new head on the weights, fine-tunes them on a few held-out images of the pre-training
data set and measures the accuracy on all the others. No downstream image is ever read.
Decision 21; `docs/selection.md` says what a probe can and cannot tell.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from know.data.subsets import nested_order
from know.errors import KnowError
from know.forgetting.held_out import held_out_halves
from know.forgetting.ladder import Ladder
from know.provenance import versions
from know.randomness import seed_for
from know.selection_record import CandidateScore, Selection, leader_of
from know.tasks.classification import Classification
from know.tasks.finetuning import Finetuning
from know.training.norms import recalibrate_norms
from know.training.progress import Progress
from know.training.settings import TrainingSettings
from know.weights.checkpoint import State, load_checkpoint, save_checkpoint

log = logging.getLogger("know")

# Shape suffixes: D draws, N images.

Answers = NDArray[np.float64]
"""1 where an image is classified correctly, 0 where not, NaN where it trained."""

_POWER = 0.8


@dataclass(frozen=True, kw_only=True)
class Probe:
    """How weights are compared, and when the default is left."""

    images: int
    """Images that train in a draw; the others of the half that chooses are measured."""
    draws: int
    """Draws of these images, each with a new head; two or more."""
    level: float
    """Corrected p-value below which the default is left."""
    training: TrainingSettings

    @classmethod
    def from_config(cls, settings: Mapping[str, Any]) -> "Probe":
        """Settings from the plain values of a config."""
        training = TrainingSettings.from_config(**settings["training"])
        return cls(**{**settings, "training": training})


def probe_task(
    ladder: Ladder, images: int, *, seed: int
) -> tuple[Classification, Tensor]:
    """Draw images to train on, class by class; all others are there to measure.

    They come from the half of the test split that may choose weights
    (`held_out_halves`), so that the half that measures them stays unseen.

    Returns:
        The task, and the places of its test images in that half, shape (N,).

    Raises:
        KnowError: if no image is left to measure.
    """
    pool, _ = held_out_halves(ladder.test)
    if images >= len(pool):
        raise KnowError(
            f"selection: wanted {images} images to train on and others to measure, "
            f"found {len(pool)}, half of the test split of {ladder.dataset.name}"
        )
    order = nested_order(
        pool.labels_N.cpu().numpy(), seed=seed_for(seed, "images"), stratified=True
    )
    order_N = torch.from_numpy(order).to(pool.device)
    trains, measures = pool.part(order_N[:images]), pool.part(order_N[images:])
    classes = len(ladder.dataset.class_names)
    task = Classification(ladder.dataset.name, classes, trains, measures)
    return task, order_N[images:].cpu()


def recalibrated(state: State, ladder: Ladder) -> State:
    """Measure BatchNorm anew on D_0, so that candidates differ in weights alone."""
    network = ladder.network(state)
    recalibrate_norms(network, ladder.images)
    return dict(network.state_dict())


def answers_of(
    state: State,
    ladder: Ladder,
    probe: Probe,
    *,
    name: str,
    run: str,
    resume: Path,
    purpose: Any,
) -> Answers:
    """Fine-tune weights in every draw, and see which images they get right.

    Args:
        state: weights, BatchNorm ready.
        ladder: the run's pre-training data.
        probe: how weights are compared.
        name: name of the candidate.
        run: id of the run; its draws are the same for all candidates.
        resume: folder that keeps the progress of each fine-tuning.
        purpose: what the results depend on besides the draw, JSON-ready.

    Returns:
        Shape (D, N), over all images of the half that chooses.
    """
    settings = Finetuning(
        task="selection",
        architecture=ladder.settings.architecture,
        options=ladder.settings.options,
        norm_layers="base",
        training=probe.training,
        evaluate_every=sum(phase.epochs for phase in probe.training.phases),
    )
    pool, _ = held_out_halves(ladder.test)
    answers_DN = np.full((probe.draws, len(pool)), np.nan)
    for draw in range(probe.draws):
        seed = seed_for("selection", run, draw)
        task, measured = probe_task(ladder, probe.images, seed=seed)
        progress = Progress(resume / f"{name}-draw{draw}.safetensors", [purpose, seed])
        outcome = task.finetune(state, settings, seed=seed, progress=progress)
        is_right = outcome.samples["classes"] == task.test.labels_N.cpu()
        answers_DN[draw, measured] = is_right.numpy()
        log.info("%s draw %d accuracy %.2f %%", name, draw, outcome.value)
    return answers_DN


class Comparison(NamedTuple):
    """How a candidate compares with the default; fields as in `CandidateScore`."""

    difference: float = 0.0
    standard_error: float | None = None
    p_value: float | None = None
    detectable: float | None = None


def compare(
    answers_DN: Answers, default_DN: Answers, *, tests: int, level: float
) -> Comparison:
    """Compare a candidate with the default, image by image.

    The error of the mean difference counts what varies from draw to draw (images to
    train on, head, order) and from image to image: it is clustered both ways. The test
    is a one-sided t-test with one degree of freedom per further draw. A difference
    without any variance proves nothing: p = 1.

    Source: Cameron, Gelbach and Miller, "Robust inference with multiway clustering",
    Journal of Business & Economic Statistics 29 (2011); our error is never below that
    of either clustering alone.

    Args:
        answers_DN: the candidate's answers, two draws or more.
        default_DN: the default's, NaN at the same places.
        tests: number of candidates besides the default, by which the p-value is
            multiplied (Bonferroni).
        level: corrected p-value below which the default is left, in (0, 1).
    """
    difference_DN = 100 * (answers_DN - default_DN)
    is_measured_N = ~np.isnan(difference_DN).all(axis=0)
    by_draw_D = np.nanmean(difference_DN, axis=1)
    by_image_N = np.nanmean(difference_DN[:, is_measured_N], axis=0)
    mean = float(by_draw_D.mean())
    either = [stats.sem(by_draw_D) ** 2, stats.sem(by_image_N) ** 2]
    # What varies in both ways at once is in both, and counts once.
    both = np.nanvar(difference_DN) / np.isfinite(difference_DN).sum()
    error = float(max(*either, sum(either) - both)) ** 0.5
    freedom = len(by_draw_D) - 1
    p_value = float(stats.t.sf(mean / error, freedom)) if error else 1.0
    # The test's critical value, and beyond it as much as its power asks for.
    reach = stats.t.isf(level / tests, freedom) + stats.t.ppf(_POWER, freedom)
    return Comparison(mean, error, min(1.0, tests * p_value), float(reach) * error)


def choose(candidates: Sequence[CandidateScore], default: str, *, level: float) -> str:
    """Return the leader of the probe if it is proved better, else the default.

    Only the leader (`leader_of`) is tested, so a steadier second is never chosen.
    """
    leader = leader_of(candidates, default)
    is_proved = leader.p_value is not None and leader.p_value < level
    return leader.method if is_proved else default


def run_selection(
    files: Any, params: Any, *, run: str, method: str, device: torch.device
) -> tuple[State, Selection]:
    """Recommend some of a run's weights, as a job of the workflow.

    Args:
        files: the job's named inputs: `weights` of the candidates, and `dataset`, which
            is the pre-training data set and no other.
        params: the job's params: `candidates` (a method and a horizon each), `default`,
            `probe`, `pretraining` (how D_0 is drawn), `resume` and `code`.
        run: id of the run.
        method: id of the selecting method.
        device: where fine-tunings run.

    Returns:
        The recommended weights as the probe started from them, and the record.
    """
    ladder = Ladder.read(Path(files.dataset), params.pretraining, device=device)
    probe = Probe.from_config(params.probe)
    digests = ladder.dataset.digests
    states, answers, checksums = {}, {}, {}
    for fact, path in zip(params.candidates, files.weights, strict=True):
        name = fact["method"]
        state, facts = load_checkpoint(Path(path))
        states[name], checksums[name] = recalibrated(state, ladder), facts["sha256"]
        purpose = [params.probe, params.pretraining, params.code, digests]
        answers[name] = answers_of(
            states[name],
            ladder,
            probe,
            name=name,
            run=run,
            resume=Path(params.resume),
            purpose=[*purpose, checksums[name]],
        )
    default_DN = answers[params.default]
    candidates = []
    for fact in params.candidates:
        name, answers_DN = fact["method"], answers[fact["method"]]
        comparison = Comparison()
        if name != params.default:
            tests = len(answers) - 1
            comparison = compare(answers_DN, default_DN, tests=tests, level=probe.level)
        candidates.append(
            CandidateScore(
                **fact,
                accuracies=(100 * np.nanmean(answers_DN, axis=1)).tolist(),
                **comparison._asdict(),
                weights=checksums[name],
            )
        )
        log.info("%s: %s", name, comparison)
    pick = choose(candidates, params.default, level=probe.level)
    log.info("recommended: %s", pick)
    return states[pick], Selection(
        run=run,
        method=method,
        default=params.default,
        pick=pick,
        candidates=candidates,
        settings=dict(params.probe),
        digests=digests,
        versions=versions(),
    )


def write_selected(path: Path, state: State, selection: Selection) -> None:
    """Write the recommended weights as a checkpoint whose card says why."""
    card = {
        "differences": {each.method: each.difference for each in selection.candidates},
        "method": selection.method,
        "pick": selection.pick,
        "run": selection.run,
    }
    save_checkpoint(path, state, card)
