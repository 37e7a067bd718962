"""Rule forget_stage: weights of one stage -> weights after a smaller subset."""

from functools import partial
from pathlib import Path

from know.cards import check_cards
from know.forgetting.stages import forget, save_optimizer_state
from know.job_log import job_log
from know.training.processes import run_together
from know.weights.checkpoint import save_checkpoint

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    job = partial(
        forget,
        Path(files.dataset),
        params.settings,
        (Path(files.weights), Path(files.optimizer_state)),
        schedule=(params.rate, params.stages, int(snakemake.wildcards.stage)),
        resume=Path(params.resume),
        purpose=dict(params),
    )
    trained = run_together(job, processes=params.processes, threads=snakemake.threads)
    facts = {**trained.facts, "run": snakemake.wildcards.run}
    save_checkpoint(Path(output.weights), trained.state, facts)
    save_optimizer_state(Path(output.optimizer_state), trained, facts)
    Path(params.resume).unlink()
