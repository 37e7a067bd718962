"""Rule forget_stage: weights of one stage -> weights after a smaller subset."""

from functools import partial
from pathlib import Path

from know.cards import check_cards
from know.forgetting.stages import forget, save_stage
from know.job_log import job_log
from know.training.processes import run_together

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    files, params = snakemake.input, snakemake.params
    job = partial(
        forget,
        Path(files.dataset),
        params.settings,
        (Path(files.weights), Path(files.optimizer_state)),
        schedule=(params.rate, params.stages, int(snakemake.wildcards.stage)),
        resume=Path(params.resume),
        purpose=dict(params),
    )
    gpus = snakemake.resources.gpu
    trained = run_together(
        job, processes=params.processes, threads=snakemake.threads, gpus=gpus
    )
    save_stage(trained, snakemake.output, run=snakemake.wildcards.run)
    Path(params.resume).unlink()
