"""Rule pretrain_network: a data set -> a network, its optimizer state, averages."""

from functools import partial
from pathlib import Path

from know.cards import check_cards
from know.forgetting.stages import pretrain, save_stage
from know.job_log import job_log
from know.training.processes import run_together

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    params = snakemake.params
    job = partial(
        pretrain,
        Path(snakemake.input.dataset),
        params.settings,
        base=[Path(file) for file in snakemake.input.base],
        resume=Path(params.resume),
        purpose=dict(params),
        # Not a param, so that a table may lose its rows without another training.
        wants_averages=hasattr(snakemake.output, "ema"),
    )
    gpus = snakemake.resources.gpu
    trained = run_together(
        job, processes=params.processes, threads=snakemake.threads, gpus=gpus
    )
    save_stage(trained, snakemake.output)
    Path(params.resume).unlink()
