"""Rule tabulate_classification: every score of a task -> Table 1."""

from pathlib import Path
from typing import TYPE_CHECKING

from know.job_log import job_log
from know.records import read_scores
from know.reporting.layout import MethodFacts, RunFacts
from know.reporting.markdown import markdown
from know.reporting.seeds import over_seeds, seeds_csv
from know.reporting.table1 import table_csv, tabulate, times_csv
from know.sealed import write_whole

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as log:
    scores = read_scores([Path(path) for path in snakemake.input.scores])
    runs = [RunFacts(**facts) for facts in snakemake.params.runs]
    methods = [MethodFacts(**facts) for facts in snakemake.params.methods]
    table = tabulate(scores, runs=runs, methods=methods)
    seeds = over_seeds(table)
    page = markdown(seeds, runs=runs, note=snakemake.params.note)
    write_whole(Path(snakemake.output.table), table_csv(table))
    write_whole(Path(snakemake.output.seeds), seeds_csv(seeds))
    write_whole(Path(snakemake.output.times), times_csv(table))
    write_whole(Path(snakemake.output.markdown), page)
    log.info("%d scores made %d rows", len(scores), len(table))
