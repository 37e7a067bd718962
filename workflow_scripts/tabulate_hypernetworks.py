"""Rule tabulate_hypernetworks: errors on held-out trials -> the held-out table."""

from pathlib import Path

from know.checksum import write_whole
from know.job_log import job_log
from know.records import read_prediction_errors
from know.reporting.hypernetwork import collect_errors, held_out_csv, tabulate_errors
from know.reporting.hypernetwork_page import held_out_page

with job_log(snakemake.log[0]) as log:
    params, output = snakemake.params, snakemake.output
    compared = {"methods": params.methods, "reference": params.reference}
    records = read_prediction_errors(map(Path, snakemake.input.errors))
    errors = collect_errors(records, methods=params.methods)
    table = tabulate_errors(errors, **compared)
    page = held_out_page(table, errors=errors, **compared, note=params.note)
    write_whole(Path(output.table), held_out_csv(table))
    write_whole(Path(output.markdown), page)
    log.info("%d errors made %d rows", len(errors), len(table))
