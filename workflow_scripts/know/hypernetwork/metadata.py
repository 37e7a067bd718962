"""Meta-data: forgetting trajectories of many small networks, to learn from."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import torch

from know.data.arrays import ImageDataset
from know.errors import DivergedError
from know.forgetting.export import stage_record
from know.forgetting.ladder import Ladder, Pretraining, TrainedStage
from know.hypernetwork.meta_runs import MetaDataSettings, MetaRun, draw_meta_run
from know.provenance import versions
from know.store.attributes import TrajectoryAttributes
from know.store.shards import LeftOutRun, RecordedRun
from know.weights.kinds import tensor_kinds

log = logging.getLogger("know")


def collect_meta_runs(
    settings: MetaDataSettings,
    datasets: Sequence[ImageDataset],
    numbers: Sequence[int],
    *,
    device: torch.device,
    code: str,
) -> Iterator[RecordedRun | LeftOutRun]:
    """Train the meta-runs of a shard and yield their trajectories.

    Stages are sequential, as in the paper; the authors' sample script reloads one
    initial state at every stage instead. Decision 5.

    Args:
        settings: what meta-runs are drawn from.
        datasets: data sets to draw from.
        numbers: numbers of the meta-runs.
        device: where they train.
        code: version of the code, for the attributes.

    Yields:
        Weights by stage, kinds and attributes of each meta-run; if it diverged, its
        number, settings and the reason.
    """
    sizes = [len(dataset.train_labels) for dataset in datasets]
    for number in numbers:
        meta_run = draw_meta_run(settings, number, sizes=sizes)
        log.info("%s", meta_run)
        ladder = Ladder(
            datasets[meta_run.dataset], _pretraining(settings, meta_run), device=device
        )
        facts = _facts(meta_run, ladder)
        try:
            stages = _train_stages(ladder, rate=meta_run.rate, stages=settings.stages)
        except DivergedError as error:
            log.warning("meta-run %d is left out: %s", number, error)
            yield LeftOutRun(number=number, reason=str(error), settings=facts)
        else:
            yield RecordedRun(
                states=[stage.state for stage in stages],
                kinds=tensor_kinds(ladder.network()),
                attributes=TrajectoryAttributes(
                    run=ladder.settings.network,
                    stages=[stage_record(each.facts, checkpoint="") for each in stages],
                    seed=meta_run.seed,
                    code_version=code,
                    versions=versions(),
                    settings=facts,
                ),
            )


def _train_stages(ladder: Ladder, *, rate: float, stages: int) -> list[TrainedStage]:
    """Train one stage after another, each from the weights of the one before."""
    trained: list[TrainedStage] = []
    for stage, samples in enumerate(ladder.sizes(rate=rate, stages=stages)):
        before = trained[-1] if trained else None
        result = ladder.train_stage(
            samples=samples,
            purpose="forgetting",
            stage=stage,
            start=before.state if before else None,
            optimizer_state=before.optimizer_state if before else None,
        )
        # The last step can spoil the weights after a loss that was finite.
        if not all(bool(value.isfinite().all()) for value in result.state.values()):
            raise DivergedError(f"stage {stage} ends in weights that are not finite")
        trained.append(result)
    return trained


def _pretraining(settings: MetaDataSettings, meta_run: MetaRun) -> Pretraining:
    return Pretraining(
        network=f"{settings.metadata}-{meta_run.number:05d}",
        architecture=meta_run.architecture,
        options=meta_run.options,
        images=meta_run.images,
        seed=meta_run.seed,
        training=meta_run.training(settings.augmentation),
        measured=settings.measured,
    )


def _facts(meta_run: MetaRun, ladder: Ladder) -> dict[str, Any]:
    """Everything that was drawn, ready for JSON."""
    facts = asdict(meta_run)
    del facts["seed"]
    measured = len(ladder.measured)
    return {**facts, "dataset": ladder.dataset.name, "measured": measured}
