"""Pre-training, forgetting and incremental training, as jobs run them: from files."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from know.forgetting.ladder import Ladder, TrainedStage
from know.training.progress import Progress
from know.weights.checkpoint import load_checkpoint

log = logging.getLogger("know")


def pretrain(
    dataset: Path,
    settings: Mapping[str, Any],
    *,
    resume: Path,
    purpose: Mapping[str, Any],
    device: torch.device,
) -> TrainedStage:
    """Train a network from scratch on D_0.

    Args:
        dataset: file of the data set that D_0 is drawn from.
        settings: pre-training settings, as the config states them.
        resume: file that keeps the progress.
        purpose: what the result depends on besides the data set, JSON-ready.
        device: where to train.

    Returns:
        Weights, optimizer state and facts of stage 0.
    """
    ladder = Ladder.read(dataset, settings, device=device)
    return ladder.train_stage(
        samples=len(ladder.images),
        purpose="pretraining",
        stage=0,
        progress=Progress(resume, {**purpose, "digests": ladder.dataset.digests}),
    )


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

    Args:
        dataset: file of the data set that D_0 was drawn from.
        settings: pre-training settings, as the config states them.
        start: files of the previous stage's weights and optimizer state.
        schedule: rate, number of stages, and the number of this one, from 1.
        resume: file that keeps the progress.
        purpose: what the result depends on besides the previous stage, JSON-ready.
        device: where to train.

    Returns:
        Weights, optimizer state and facts of the stage.
    """
    rate, stages, stage = schedule
    state, facts = load_checkpoint(start[0])
    optimizer_state, _ = load_checkpoint(start[1])
    ladder = Ladder.read(dataset, settings, device=device)
    return ladder.train_stage(
        samples=ladder.sizes(rate=rate, stages=stages)[stage],
        purpose="forgetting",
        stage=stage,
        start=state,
        optimizer_state=optimizer_state,
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

    Args:
        dataset: file of the data set that D_0 is drawn from.
        settings: pre-training settings, as the config states them.
        rate: ratio of a subset's size to the next larger one's.
        stages: number of subsets, D_0 included; at least two.
        resume: folder that keeps the progress of each subset's training.
        purpose: what the result depends on besides the data set, JSON-ready.
        device: where to train.

    Returns:
        Weights, optimizer state and facts after training on D_0.
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
            start=trained.state if trained else None,
            optimizer_state=trained.optimizer_state if trained else None,
            progress=Progress(file, {**purpose, "stage": stage}),
        )
    assert trained is not None, "the config's schema asks for two stages or more"
    return replace(trained, facts={**trained.facts, "incremental": sizes})
