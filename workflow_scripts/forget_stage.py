"""Rule forget_stage: weights of one stage -> weights after a smaller subset."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.data.arrays import read_dataset
from know.forgetting.stages import forget
from know.job_log import job_log
from know.training.device import prepare_device
from know.training.progress import Progress
from know.weights.checkpoint import load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    params = snakemake.params
    start, facts = load_checkpoint(Path(snakemake.input.weights))
    moments, _ = load_checkpoint(Path(snakemake.input.moments))
    progress = Progress(Path(params.resume), [dict(params), facts["sha256"]])
    trained = forget(
        read_dataset(Path(snakemake.input.dataset)),
        (params.settings, start, moments),
        schedule=(params.rate, params.stages, int(snakemake.wildcards.stage)),
        device=prepare_device(snakemake.threads),
        progress=progress,
    )
    save_checkpoint(Path(snakemake.output.weights), trained.state, trained.facts)
    save_checkpoint(Path(snakemake.output.moments), trained.moments, trained.facts)
    progress.discard()
