"""Pre-training, forgetting and incremental training, as jobs run them: from files.

Each takes the file of the data set that D_0 is drawn from, pre-training settings as a
config states them, the file (or folder) `resume` that keeps the progress, `purpose`,
JSON-ready, on which the result depends besides its files, and the device; and returns
the last stage's weights, optimizer state and facts.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from know.forgetting.ladder import Ladder, TrainedStage
from know.training.progress import Progress
from know.weights.checkpoint import load_checkpoint, save_checkpoint

log = logging.getLogger("know")


def pretrain(
    dataset: Path,
    settings: Mapping[str, Any],
    *,
    base: Sequence[Path] = (),
    resume: Path,
    purpose: Mapping[str, Any],
    device: torch.device,
    wants_averages: bool = False,
) -> TrainedStage:
    """Train a network on D_0, and average its weights if wanted.

    It starts from scratch, or from the one file of `base`, with a fresh optimizer.
    """
    ladder = Ladder.read(dataset, settings, device=device)
    purpose = {**purpose, "averages": wants_averages, "digests": ladder.dataset.digests}
    start = None
    for file in base:
        weights, facts = load_checkpoint(file)
        start = TrainedStage(weights, {}, facts)
        purpose["base"] = facts["sha256"]
    return ladder.train_stage(
        samples=len(ladder.images),
        purpose="pretraining",
        stage=0,
        start=start,
        progress=Progress(resume, purpose),
        wants_averages=wants_averages,
    )


def save_stage(trained: TrainedStage, files: Any, **facts: str) -> None:
    """Write what has a file: a stage's weights, its optimizer state, its averages.

    Args:
        trained: the stage.
        files: paths by name: `weights`; `optimizer_state` and the averages, if wanted.
        facts: what the cards say besides the stage's own facts.
    """
    card = {**trained.facts, **facts}
    save_checkpoint(Path(files.weights), trained.state, card)
    if hasattr(files, "optimizer_state"):
        path, card = Path(files.optimizer_state), {**card, "content": "optimizer state"}
        save_checkpoint(path, trained.optimizer_state, card)
    for name, (state, own) in trained.averages.items():
        save_checkpoint(Path(getattr(files, name)), state, own)


def forget(
    dataset: Path,
    settings: Mapping[str, Any],
    start: tuple[Path, Path],
    *,
    schedule: tuple[float, int, int],
    resume: Path,
    purpose: Mapping[str, Any],
    device: torch.device,
) -> TrainedStage:
    """Fine-tune on the nested subset of one stage.

    Source: the paper's section on forgetting; every stage trains for as many epochs as
    the pre-training, its learning-rate schedule restarts, Adam's state is kept.

    It starts from the files of the previous stage's weights and optimizer state. The
    schedule is rate, number of stages, and the number of this one, from 1.
    """
    rate, stages, stage = schedule
    weights, facts = load_checkpoint(start[0])
    optimizer_state, _ = load_checkpoint(start[1])
    ladder = Ladder.read(dataset, settings, device=device)
    return ladder.train_stage(
        samples=ladder.sizes(rate=rate, stages=stages)[stage],
        purpose="forgetting",
        stage=stage,
        start=TrainedStage(weights, optimizer_state, facts),
        progress=Progress(resume, {**purpose, "weights": facts["sha256"]}),
    )


def train_incrementally(
    dataset: Path,
    settings: Mapping[str, Any],
    *,
    rate: float,
    stages: int,
    resume: Path,
    purpose: Mapping[str, Any],
    device: torch.device,
) -> TrainedStage:
    """Train on the smallest subset, then on each larger one, up to D_0.

    Source: the paper's incremental baseline (6.25, 12.5, 25, 50, 100 %), which
    transfers the last state and predicts nothing.

    Of its `stages` subsets, D_0 included, each is `rate` times the next larger one.
    """
    ladder = Ladder.read(dataset, settings, device=device)
    purpose = {**purpose, "digests": ladder.dataset.digests}
    trained: TrainedStage | None = None
    sizes = ladder.sizes(rate=rate, stages=stages)
    for stage in reversed(range(stages)):
        log.info("subset of stage %d: %d images", stage, sizes[stage])
        file = resume / f"stage-{stage}.safetensors"
        trained = ladder.train_stage(
            samples=sizes[stage],
            purpose="incremental",
            stage=stage,
            start=trained,
            progress=Progress(file, {**purpose, "stage": stage}),
        )
    assert trained is not None, "the config's schema asks for two stages or more"
    return replace(trained, facts={**trained.facts, "incremental": sizes})
