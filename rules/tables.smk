rule tabulate_scores:
    """Make a table of all its scores: tidy, over seeds, times, and a page to read."""
    input:
        scores=checked("tables/{table}", "scores"),
    output:
        table=report(
            "results/{table}.csv",
            caption="../docs/report/table.rst",
            category="Tables",
        ),
        seeds="results/{table}_seeds.csv",
        times="results/{table}_times.csv",
        markdown="results/{table}.md",
    log:
        "logs/tabulate_scores/{table}.log",
    conda:
        "../envs/know.yaml"
    params:
        facts=planned("tables/{table}/facts"),
        title=planned("tables/{table}/title"),
        note=planned("tables/{table}/note"),
        paper_table="{table}",
        code=version_of("tabulate_scores.py"),
    script:
        "../workflow_scripts/tabulate_scores.py"


rule plot_table:
    """Draw a table as bars, a panel per metric, task and fraction."""
    input:
        table="results/{table}.csv",
    output:
        figure=report(
            "results/figures/{table}.svg",
            caption="../docs/report/table_figure.rst",
            category="Tables",
        ),
    log:
        "logs/plot_table/{table}.log",
    conda:
        "../envs/know.yaml"
    params:
        code=version_of("plot_table.py"),
    script:
        "../workflow_scripts/plot_table.py"
