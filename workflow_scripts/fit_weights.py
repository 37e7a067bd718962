"""Rule fit_weights: a trajectory -> its stages, combined by fitted coefficients."""

from pathlib import Path

from know.cards import check_cards
from know.forgetting.combination import combine
from know.job_log import job_log
from know.training.device import prepare_device
from know.weights.checkpoint import save_checkpoint

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    state, facts = combine(
        snakemake.params.fit,
        Path(snakemake.input.store),
        Path(snakemake.input.dataset),
        snakemake.params.settings,
        device=prepare_device(snakemake.threads, gpus=snakemake.resources.gpu),
    )
    facts |= dict(snakemake.wildcards)
    save_checkpoint(Path(snakemake.output.weights), state, facts)
