"""Rule tabulate_hypernetworks: errors on held-out trials -> the held-out table."""

from pathlib import Path

from know.job_log import job_log
from know.records import read_prediction_errors
from know.reporting.frames import read_csv
from know.reporting.hypernetwork import (
    collect_errors,
    held_out_csv,
    held_out_page,
    tabulate_errors,
)
from know.reporting.hypernetwork_figure import draw_held_out
from know.reporting.svg import save_svg
from know.whole_files import write_whole

with job_log(snakemake.log[0]) as log:
    params, output = snakemake.params, snakemake.output
    compared = {"methods": params.methods, "reference": params.reference}
    records = read_prediction_errors(map(Path, snakemake.input.errors))
    errors = collect_errors(records, methods=params.methods, horizons=params.horizons)
    table = tabulate_errors(errors, **compared)
    page = held_out_page(table, errors=errors, **compared, note=params.note)
    write_whole(Path(output.table), held_out_csv(table))
    write_whole(Path(output.markdown), page)
    figure = draw_held_out(read_csv(output.table), methods=params.methods)
    save_svg(figure, Path(output.figure))
    log.info("%d errors made %d rows", len(errors), len(table))
