"""Rule tabulate_landscape: locations of every run -> Figure 3 in numbers."""

from pathlib import Path

from know.checksum import write_whole
from know.job_log import job_log
from know.landscape_record import read_locations
from know.reporting.landscape import (
    collect_locations,
    landscape_csv,
    tabulate_locations,
)

with job_log(snakemake.log[0]) as log:
    params = snakemake.params
    records = read_locations(map(Path, snakemake.input.locations))
    found = collect_locations(records, views=params.views, methods=params.methods)
    table = tabulate_locations(found)
    write_whole(Path(snakemake.output.table), landscape_csv(table))
    log.info("%d locations made %d rows", len(records), len(table))
