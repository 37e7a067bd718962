"""Rule pretrain_incrementally: a data set -> weights trained on growing subsets."""

import shutil
from functools import partial
from pathlib import Path

from know.cards import check_cards
from know.forgetting.stages import save_stage, train_incrementally
from know.job_log import job_log
from know.training.processes import run_together

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    params = snakemake.params
    job = partial(
        train_incrementally,
        Path(snakemake.input.dataset),
        params.settings,
        rate=params.rate,
        stages=params.stages,
        resume=Path(params.resume),
        purpose=dict(params),
    )
    gpus = snakemake.resources.gpu
    trained = run_together(
        job, processes=params.processes, threads=snakemake.threads, gpus=gpus
    )
    save_stage(trained, snakemake.output, run=snakemake.wildcards.run)
    shutil.rmtree(params.resume)
