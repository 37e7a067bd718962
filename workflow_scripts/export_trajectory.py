"""Rule export_trajectory: the weights of every stage -> one Zarr store."""

from pathlib import Path

from know.cards import check_cards
from know.forgetting.export import export_trajectory
from know.job_log import job_log

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    export_trajectory(
        Path(snakemake.output.store),
        [Path(path) for path in snakemake.input.stages],
        run=snakemake.wildcards.run,
        code=snakemake.params.code,
    )
