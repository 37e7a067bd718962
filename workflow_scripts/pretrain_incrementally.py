"""Rule pretrain_incrementally: a data set -> weights trained on growing subsets."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from know.data.arrays import read_dataset
from know.forgetting.incremental import train_incrementally
from know.forgetting.ladder import Ladder, Pretraining
from know.job_log import job_log
from know.training.device import prepare_device
from know.weights.checkpoint import save_checkpoint

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    params = snakemake.params
    device = prepare_device(snakemake.threads)
    dataset = read_dataset(Path(snakemake.input.dataset))
    trained = train_incrementally(
        Ladder(dataset, Pretraining.from_config(params.settings), device=device),
        rate=params.rate,
        stages=params.stages,
        resume=Path(params.resume),
        purpose={**dict(params), "digests": dataset.digests},
    )
    save_checkpoint(Path(snakemake.output.weights), trained.state, trained.facts)
    shutil.rmtree(params.resume)
