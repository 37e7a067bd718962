"""Rule tabulate_selection: scores and selections -> what selecting was worth."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.checksum import write_whole
from know.job_log import job_log
from know.records import read_scores
from know.reporting.facts import TableFacts
from know.reporting.selection import pick_rows, selection_csv
from know.reporting.selection_summary import selection_page
from know.reporting.table import tabulate
from know.selection_record import read_selections

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    scores = read_scores([Path(path) for path in snakemake.input.scores])
    selections = read_selections([Path(path) for path in snakemake.input.selections])
    table = tabulate(scores, TableFacts.from_params(snakemake.params))
    rows = pick_rows(table, selections)
    write_whole(Path(snakemake.output.table), selection_csv(rows))
    write_whole(Path(snakemake.output.markdown), selection_page(rows))
    log.info("%d selections made %d rows", len(selections), len(rows))
