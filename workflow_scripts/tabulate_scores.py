"""Rule tabulate_scores: every score of a table's tasks -> the table."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.checksum import write_whole
from know.job_log import job_log
from know.records import read_scores
from know.reporting.facts import TableFacts
from know.reporting.markdown import markdown
from know.reporting.paper_numbers import PAPER_TABLES
from know.reporting.seeds import over_seeds, seeds_csv
from know.reporting.table import table_csv, tabulate, times_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    params, output = snakemake.params, snakemake.output
    scores = read_scores([Path(path) for path in snakemake.input.scores])
    facts = TableFacts.from_params(params)
    table = tabulate(scores, facts)
    seeds = over_seeds(table)
    paper = PAPER_TABLES.get(params.paper_table)
    page = markdown(seeds, facts, title=params.title, note=params.note, paper=paper)
    write_whole(Path(output.table), table_csv(table))
    write_whole(Path(output.seeds), seeds_csv(seeds))
    write_whole(Path(output.times), times_csv(table))
    write_whole(Path(output.markdown), page)
    log.info("%d scores made %d rows", len(scores), len(table))
