"""Rule plot_hypernetworks: the held-out table -> its figure."""

from pathlib import Path

from know.job_log import job_log
from know.reporting.frames import read_csv
from know.reporting.hypernetwork_figure import draw_held_out
from know.reporting.svg import save_svg

with job_log(snakemake.log[0]) as log:
    table = read_csv(snakemake.input.table)
    figure = draw_held_out(table, methods=snakemake.params.methods)
    save_svg(figure, Path(snakemake.output.figure))
    log.info("drew %d points", len(table))
