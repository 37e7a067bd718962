"""Rule merge_landscape: a map and all blocks of points -> one Zarr store."""

from pathlib import Path

from know.job_log import job_log
from know.landscape.map import read_map, read_points
from know.landscape.store import write_landscape
from know.provenance import versions

with job_log(snakemake.log[0]) as log:
    drawn, checksum = read_map(Path(snakemake.input.map))
    points = read_points([Path(path) for path in snakemake.input.blocks])
    facts = {"map": checksum, "settings": snakemake.params.settings}
    facts |= {"code_version": snakemake.params.code, "versions": versions()}
    write_landscape(Path(snakemake.output.store), drawn, points, facts)
    log.info("%d points of %s", len(points["accuracy"]), drawn.run)
