"""Rule tabulate_landscape: locations of every run -> Figure 3 in numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.checksum import write_whole
from know.job_log import job_log
from know.landscape_record import read_locations
from know.reporting.landscape import landscape_csv, tabulate_locations

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    params = snakemake.params
    locations = read_locations(Path(path) for path in snakemake.input.locations)
    rows = tabulate_locations(locations, views=params.views, methods=params.methods)
    write_whole(Path(snakemake.output.table), landscape_csv(rows))
    log.info("%d locations made %d rows", len(locations), len(rows))
