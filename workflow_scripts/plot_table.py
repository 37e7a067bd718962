"""Rule plot_table: a table -> its figure."""

from pathlib import Path

from know.job_log import job_log
from know.reporting.frames import read_csv
from know.reporting.svg import save_svg
from know.reporting.table_figure import draw_table

with job_log(snakemake.log[0]) as log:
    table = read_csv(snakemake.input.table)
    save_svg(draw_table(table), Path(snakemake.output.figure))
    log.info("drew %d rows", len(table))
