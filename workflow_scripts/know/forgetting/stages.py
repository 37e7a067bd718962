"""One stage of forgetting: the previous weights, fine-tuned on a smaller subset."""

from collections.abc import Mapping
from typing import Any

import torch

from know.data.arrays import ImageDataset
from know.forgetting.ladder import Ladder, Pretraining, TrainedStage
from know.training.progress import Progress
from know.weights.checkpoint import State


def forget(
    dataset: ImageDataset,
    start: tuple[Mapping[str, Any], State, State],
    *,
    schedule: tuple[float, int, int],
    device: torch.device,
    progress: Progress,
) -> TrainedStage:
    """Fine-tune on the nested subset of one stage.

    Source: the paper's section on forgetting; every stage trains as many epochs as the
    pre-training, its learning-rate schedule restarts, Adam's moments go on.

    Args:
        dataset: whose training split D_0 was drawn from.
        start: settings of the pre-training, as the config states them; weights and
            Adam's moments of the previous stage.
        schedule: rate, number of stages, and the number of this one, from 1.
        device: where it trains.
        progress: where finished epochs are kept.

    Returns:
        Weights, moments and facts of the stage.
    """
    rate, stages, stage = schedule
    settings, state, moments = start
    ladder = Ladder(dataset, Pretraining.from_config(settings), device=device)
    return ladder.train_stage(
        samples=ladder.sizes(rate=rate, stages=stages)[stage],
        purpose="forgetting",
        stage=stage,
        start=state,
        moments=moments,
        progress=progress,
    )
