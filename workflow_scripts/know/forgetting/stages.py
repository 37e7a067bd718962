"""Pre-training and one stage of forgetting, as a job runs them: from files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from know.data.arrays import read_dataset
from know.forgetting.ladder import Ladder, Pretraining, TrainedStage
from know.training.progress import Progress
from know.weights.checkpoint import load_checkpoint


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
        settings: of the pre-training, as the config states them.
        resume: file that keeps the progress.
        purpose: what the result depends on beside the data set, JSON-ready.
        device: where it trains.

    Returns:
        Weights, optimizer_state and facts of stage 0.
    """
    data = read_dataset(dataset)
    ladder = Ladder(data, Pretraining.from_config(settings), device=device)
    return ladder.train_stage(
        samples=len(ladder.images),
        purpose="pretraining",
        stage=0,
        progress=Progress(resume, {**purpose, "digests": data.digests}),
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

    Source: the paper's section on forgetting; every stage trains as many epochs as the
    pre-training, its learning-rate schedule restarts, Adam's optimizer_state go on.

    Args:
        dataset: file of the data set that D_0 was drawn from.
        settings: of the pre-training, as the config states them.
        start: files of the previous stage's weights and of its optimizer_state.
        schedule: rate, number of stages, and the number of this one, from 1.
        resume: file that keeps the progress.
        purpose: what the result depends on beside the previous stage, JSON-ready.
        device: where it trains.

    Returns:
        Weights, optimizer_state and facts of the stage.
    """
    rate, stages, stage = schedule
    state, facts = load_checkpoint(start[0])
    optimizer_state, _ = load_checkpoint(start[1])
    ladder = Ladder(
        read_dataset(dataset), Pretraining.from_config(settings), device=device
    )
    return ladder.train_stage(
        samples=ladder.sizes(rate=rate, stages=stages)[stage],
        purpose="forgetting",
        stage=stage,
        start=state,
        optimizer_state=optimizer_state,
        progress=Progress(resume, {**purpose, "weights": facts["sha256"]}),
    )
