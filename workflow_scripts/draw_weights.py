"""Rule draw_weights: a shard of meta-data -> weights drawn of each of its tensors."""

from pathlib import Path

from know.cards import check_cards
from know.hypernetwork.draws import write_draws
from know.job_log import job_log
from know.training.device import prepare_device

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    prepare_device(snakemake.threads)
    write_draws(
        Path(snakemake.output.draws),
        Path(snakemake.input.shard),
        weights_per_tensor=snakemake.params.weights_per_tensor,
        stages=snakemake.params.stages,
    )
