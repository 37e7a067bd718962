"""Rule pretrain_network: a data set -> a trained network and Adam's moments."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.data.arrays import read_dataset
from know.forgetting.ladder import Ladder, Pretraining
from know.job_log import job_log
from know.training.device import prepare_device
from know.training.progress import Progress
from know.weights.checkpoint import save_checkpoint

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    params = snakemake.params
    device = prepare_device(snakemake.threads)
    dataset = read_dataset(Path(snakemake.input.dataset))
    settings = Pretraining.from_config(params.settings)
    ladder = Ladder(dataset, settings, device=device)
    purpose = [params.settings, params.code, dataset.digests]
    progress = Progress(Path(params.resume), purpose)
    trained = ladder.train_stage(
        samples=len(ladder.images), purpose="pretraining", stage=0, progress=progress
    )
    save_checkpoint(Path(snakemake.output.weights), trained.state, trained.facts)
    save_checkpoint(Path(snakemake.output.moments), trained.moments, trained.facts)
    progress.discard()
