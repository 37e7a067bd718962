"""Rule tabulate_scores: every score of a table's tasks -> the table."""

from pathlib import Path

from know.checksum import write_whole
from know.job_log import job_log
from know.records import read_scores
from know.reporting.facts import TableFacts
from know.reporting.frames import read_csv
from know.reporting.svg import save_svg
from know.reporting.table import over_seeds, seeds_csv, table_csv, tabulate, times_csv
from know.reporting.table_figure import draw_table
from know.reporting.table_page import table_page
from know.reporting.trials import collect_trials

with job_log(snakemake.log[0]) as log:
    params, output = snakemake.params, snakemake.output
    facts = TableFacts(**params.facts)
    trials = collect_trials(read_scores(map(Path, snakemake.input.scores)), facts)
    table = tabulate(trials, facts)
    seeds = over_seeds(table, facts)
    page = table_page(
        seeds, facts, title=params.title, note=params.note, paper=params.paper_table
    )
    write_whole(Path(output.table), table_csv(table))
    write_whole(Path(output.seeds), seeds_csv(seeds))
    write_whole(Path(output.times), times_csv(table, facts))
    write_whole(Path(output.markdown), page)
    save_svg(draw_table(read_csv(output.table)), Path(output.figure))
    log.info("%d scores made %d rows", len(trials), len(table))
