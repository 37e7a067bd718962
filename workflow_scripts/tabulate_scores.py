"""Rule tabulate_scores: every score of a table's tasks -> the table."""

from pathlib import Path

from know.checksum import write_whole
from know.job_log import job_log
from know.records import read_scores
from know.reporting import table as tables
from know.reporting.facts import TableFacts
from know.reporting.frames import read_csv
from know.reporting.svg import save_svg
from know.reporting.table_figure import draw_table
from know.reporting.table_page import table_page

with job_log(snakemake.log[0]) as log:
    params, output = snakemake.params, snakemake.output
    facts = TableFacts(**params.facts)
    scores = read_scores(map(Path, snakemake.input.scores))
    trials = tables.collect_trials(scores, facts)
    table = tables.tabulate(trials, facts)
    seeds = tables.over_seeds(table, facts)
    page = table_page(
        seeds, facts, title=params.title, note=params.note, paper=params.paper_table
    )
    write_whole(Path(output.table), tables.table_csv(table))
    write_whole(Path(output.seeds), tables.seeds_csv(seeds))
    write_whole(Path(output.times), tables.times_csv(table, facts))
    write_whole(Path(output.markdown), page)
    save_svg(draw_table(read_csv(output.table)), Path(output.figure))
    log.info("%d scores made %d rows", len(trials), len(table))
