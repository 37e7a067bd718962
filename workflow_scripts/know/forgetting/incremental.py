"""Incremental pre-training: the ladder of subsets climbed from the smallest up."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from know.data.arrays import read_dataset
from know.forgetting.ladder import Ladder, Pretraining, TrainedStage
from know.training.progress import Progress

log = logging.getLogger("know")


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
        settings: of the pre-training, as the config states them.
        rate: ratio of a subset's size to the next larger one's.
        stages: number of subsets, D_0 among them.
        resume: folder that keeps the progress of each subset's training.
        purpose: what the result depends on beside the data set, JSON-ready.
        device: where it trains.

    Returns:
        Weights, optimizer_state and facts after training on D_0.
    """
    data = read_dataset(dataset)
    ladder = Ladder(data, Pretraining.from_config(settings), device=device)
    trained: TrainedStage | None = None
    sizes = ladder.sizes(rate=rate, stages=stages)
    for stage in reversed(range(stages)):
        log.info("subset of stage %d: %d images", stage, sizes[stage])
        trained = ladder.train_stage(
            samples=sizes[stage],
            purpose="incremental",
            stage=stage,
            start=trained.state if trained else None,
            optimizer_state=trained.optimizer_state if trained else None,
            progress=Progress(
                resume / f"stage-{stage}.safetensors",
                {**purpose, "digests": data.digests, "stage": stage},
            ),
        )
    assert trained is not None, "the config's schema asks for two stages or more"
    return replace(trained, facts={**trained.facts, "incremental": sizes})
