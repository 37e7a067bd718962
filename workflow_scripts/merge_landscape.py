"""Rule merge_landscape: a map and all blocks of points -> one Zarr store."""

from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.landscape.store import write_landscape
from know.provenance import versions

with job_log(snakemake.log[0]) as log:
    check_cards(snakemake.params.cards)
    files, params = snakemake.input, snakemake.params
    facts = {"settings": params.settings, "code_version": params.code}
    points = write_landscape(
        Path(snakemake.output.store),
        Path(files.map),
        [Path(path) for path in files.blocks],
        {**facts, "versions": versions()},
    )
    log.info("%d points of %s", points, snakemake.wildcards.run)
