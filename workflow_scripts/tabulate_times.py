"""Rule tabulate_times: a table and the benchmarks of its jobs -> Table 7."""

from pathlib import Path

from know.job_log import job_log
from know.reporting import table as tables
from know.reporting.facts import TableFacts
from know.reporting.planned import read_trials
from know.reporting.reference import machine
from know.reporting.times import tabulate_times, timed_csv, times_page
from know.whole_files import write_whole

with job_log(snakemake.log[0]) as log:
    files, params = snakemake.input, snakemake.params
    facts = TableFacts(**params.facts)
    forgetting = {"rate": params.rate, "stages": params.stages}
    trials = read_trials(files.scores, facts)
    table = tables.tabulate(trials, facts)
    rows = tabulate_times(table, facts, rows=params.rows, **forgetting)
    about = {"note": params.note, "machine": machine()}
    page = times_page(rows, facts, **forgetting, **about)
    write_whole(Path(snakemake.output.table), timed_csv(rows))
    write_whole(Path(snakemake.output.markdown), page)
    log.info("%d rows", len(rows))
