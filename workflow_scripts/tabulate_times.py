"""Rule tabulate_times: a table and the benchmarks of its jobs -> Table 7."""

from pathlib import Path

from know.job_log import job_log
from know.reporting.facts import TableFacts
from know.reporting.frames import read_csv
from know.reporting.reference import machine
from know.reporting.times import tabulate_times, timed_csv, times_page
from know.whole_files import write_whole

with job_log(snakemake.log[0]) as log:
    files, params = snakemake.input, snakemake.params
    facts = TableFacts(**params.facts)
    forgetting = {"rate": params.rate, "stages": params.stages}
    table, times = read_csv(files.table), read_csv(files.times)
    rows = tabulate_times(table, times, facts, rows=params.rows, **forgetting)
    about = {"note": params.note, "machine": machine()}
    page = times_page(rows, facts, **forgetting, **about)
    write_whole(Path(snakemake.output.table), timed_csv(rows))
    write_whole(Path(snakemake.output.markdown), page)
    log.info("%d rows", len(rows))
