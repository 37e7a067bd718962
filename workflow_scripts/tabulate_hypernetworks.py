"""Rule tabulate_hypernetworks: errors on held-out trials -> the held-out table."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.checksum import write_whole
from know.job_log import job_log
from know.records import read_prediction_errors
from know.reporting.hypernetwork import held_out_csv, tabulate_errors
from know.reporting.hypernetwork_markdown import held_out_markdown

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    methods, reference = snakemake.params.methods, snakemake.params.reference
    errors = read_prediction_errors(Path(path) for path in snakemake.input.errors)
    table = tabulate_errors(errors, methods=methods, reference=reference)
    page = held_out_markdown(
        table,
        errors=errors,
        methods=methods,
        reference=reference,
        note=snakemake.params.note,
    )
    write_whole(Path(snakemake.output.table), held_out_csv(table))
    write_whole(Path(snakemake.output.markdown), page)
    log.info("%d errors made %d rows", len(errors), len(table))
