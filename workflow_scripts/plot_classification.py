"""Rule plot_classification: Table 1 -> its figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.job_log import job_log
from know.reporting.figures import plot_table, read_bars

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    bars = read_bars(Path(snakemake.input.table).read_text())
    plot_table(bars, Path(snakemake.output.figure))
    log.info("drew %d bars", len(bars))
