rule tabulate_scores:
    """Make a table of all its scores: tidy, over seeds, answers, times, page, bars."""
    input:
        scores=checked("tables/{table}", "scores"),
    output:
        table=report(
            "results/{table}.csv",
            caption="../docs/report/table.rst",
            category="Tables",
        ),
        seeds="results/{table}_seeds.csv",
        verdict="results/{table}_verdict.csv",
        times="results/{table}_times.csv",
        markdown="results/{table}.md",
        figure=report(
            "results/figures/{table}.svg",
            caption="../docs/report/table_figure.rst",
            category="Tables",
        ),
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
