"""All stages of one network, or of several that can train as one stack."""

from collections.abc import Sequence

import torch

from know.errors import DivergedError
from know.forgetting.ladder import Ladder, TrainedStage, stage_seed
from know.training.ensembles import train_together

Outcome = list[TrainedStage] | DivergedError
"""A trajectory, or why there is none."""


def train_stages(
    ladders: Sequence[Ladder], *, rate: float, stages: int
) -> list[Outcome]:
    """Train one stage after another, each from the weights of the one before.

    Args:
        ladders: of networks that differ in seed and learning rate alone; one network
            trains by itself, several as one stack.
        rate: share of the images that each stage keeps.
        stages: how many, the full set included.

    Returns:
        For each ladder its stages, or the error where its training diverged, which
        stops it alone.
    """
    trained: list[list[TrainedStage]] = [[] for _ in ladders]
    errors: dict[int, DivergedError] = {}
    for stage, samples in enumerate(ladders[0].sizes(rate=rate, stages=stages)):
        going = [index for index in range(len(ladders)) if index not in errors]
        results = _train_stage(
            [ladders[index] for index in going],
            [trained[index][-1] if stage else None for index in going],
            samples=samples,
            stage=stage,
        )
        for index, result in zip(going, results, strict=True):
            if isinstance(result, DivergedError):
                errors[index] = result
            elif not _is_finite(result):
                # The last step can spoil the weights after a loss that was finite.
                errors[index] = DivergedError(
                    f"stage {stage} ends in weights that are not finite"
                )
            else:
                trained[index].append(result)
    return [errors.get(index, found) for index, found in enumerate(trained)]


def _train_stage(
    ladders: Sequence[Ladder],
    before: Sequence[TrainedStage | None],
    *,
    samples: int,
    stage: int,
) -> list[TrainedStage | DivergedError]:
    if len(ladders) > 1:
        return _train_stacked(ladders, before, samples=samples, stage=stage)
    results: list[TrainedStage | DivergedError] = []
    for ladder, last in zip(ladders, before, strict=True):
        try:
            result = ladder.train_stage(
                samples=samples,
                purpose="forgetting",
                stage=stage,
                start=last.state if last else None,
                optimizer_state=last.optimizer_state if last else None,
            )
        except DivergedError as error:
            results.append(error)
        else:
            results.append(result)
    return results


def _train_stacked(
    ladders: Sequence[Ladder],
    before: Sequence[TrainedStage | None],
    *,
    samples: int,
    stage: int,
) -> list[TrainedStage | DivergedError]:
    networks = [
        ladder.network(last.state if last else None)
        for ladder, last in zip(ladders, before, strict=True)
    ]
    results = train_together(
        networks,
        [ladder.images.first(samples) for ladder in ladders],
        ladders[0].settings.training,
        seeds=[stage_seed("forgetting", ladder.settings, stage) for ladder in ladders],
        learning_rates=[
            ladder.settings.training.phases[0].learning_rate for ladder in ladders
        ],
        optimizer_state=[last.optimizer_state if last else None for last in before],
    )
    return [
        result
        if isinstance(result, DivergedError)
        else TrainedStage(
            dict(network.state_dict()),
            result.optimizer_state,
            ladder.facts(network, samples=samples, stage=stage),
        )
        for ladder, network, result in zip(ladders, networks, results, strict=True)
    ]


def _is_finite(stage: TrainedStage) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in stage.state.values())
