"""Rule plot_hypernetworks: the held-out table -> its figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.job_log import job_log
from know.reporting.hypernetwork_figures import plot_held_out, read_points

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    points = read_points(Path(snakemake.input.table).read_text())
    figure = Path(snakemake.output.figure)
    plot_held_out(points, figure, methods=snakemake.params.methods)
    log.info("drew %d points", len(points))
