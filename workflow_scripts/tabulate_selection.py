"""Rule tabulate_selection: scores and selections -> what they gain."""

from pathlib import Path

from know.job_log import job_log
from know.reporting.facts import TableFacts
from know.reporting.planned import read_trials
from know.reporting.selection import (
    check_selected,
    selection_csv,
    selection_page,
    tabulate_selections,
)
from know.selection_record import read_selections
from know.whole_files import write_whole

with job_log(snakemake.log[0]) as log:
    facts = TableFacts(**snakemake.params.facts)
    trials = read_trials(snakemake.input.scores, facts)
    selections = read_selections(map(Path, snakemake.input.selections))
    check_selected(selections, snakemake.params.selected)
    rows = tabulate_selections(trials, selections, facts)
    write_whole(Path(snakemake.output.table), selection_csv(rows))
    write_whole(Path(snakemake.output.markdown), selection_page(rows))
    log.info("%d selections made %d rows", len(selections), len(rows))
