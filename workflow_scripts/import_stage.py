"""Rule import_stage: a network trained elsewhere -> a stage of a run."""

from pathlib import Path

from know.cards import check_cards
from know.forgetting.imported import import_stage
from know.forgetting.stages import save_stage
from know.job_log import job_log
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    params, wildcards = snakemake.params, snakemake.wildcards
    stage = import_stage(
        Path(params.network),
        Path(snakemake.input.dataset),
        params.settings,
        samples=params.samples,
        stage=int(wildcards.stage),
        device=prepare_device(snakemake.threads, gpus=snakemake.resources.gpu),
    )
    save_stage(stage, snakemake.output, run=wildcards.run)
