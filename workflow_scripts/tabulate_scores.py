"""Rule tabulate_scores: every score of a table's tasks -> the table."""

from pathlib import Path

from know.job_log import job_log
from know.reporting import table as tables
from know.reporting.facts import TableFacts
from know.reporting.planned import read_trials
from know.reporting.svg import save_svg
from know.reporting.table_figure import draw_table
from know.reporting.table_page import table_page
from know.reporting.verdict import judge, verdict_csv
from know.whole_files import write_whole

with job_log(snakemake.log[0]) as log:
    params, output = snakemake.params, snakemake.output
    facts = TableFacts(**params.facts)
    trials = read_trials(snakemake.input.scores, facts)
    table = tables.tabulate(trials, facts)
    seeds = tables.over_seeds(table, facts)
    page = table_page(
        seeds, facts, title=params.title, note=params.note, paper=params.paper_table
    )
    write_whole(Path(output.table), tables.table_csv(table))
    write_whole(Path(output.seeds), tables.seeds_csv(seeds))
    write_whole(Path(output.verdict), verdict_csv(judge(seeds, facts)))
    write_whole(Path(output.times), tables.times_csv(table, facts))
    write_whole(Path(output.markdown), page)
    save_svg(draw_table(table), Path(output.figure))
    log.info("%d trials made %d rows", len(trials), len(table))
