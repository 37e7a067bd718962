rule tabulate_classification:
    """Make a table of all its scores: tidy, over seeds, as a page, and times."""
    input:
        scores=table_scores,
    output:
        table=report(
            "results/{table}.csv",
            caption="../docs/report/table1.rst",
            category="Tables",
        ),
        seeds="results/{table}_seeds.csv",
        times="results/{table}_times.csv",
        markdown="results/{table}.md",
    log:
        "logs/tabulate_classification/{table}.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        runs=table_runs,
        methods=table_methods,
        note=table_note,
        code=version_of("tabulate_classification.py"),
    script:
        "../workflow_scripts/tabulate_classification.py"


rule plot_classification:
    """Draw a table as bars, a panel a fraction."""
    input:
        table="results/{table}.csv",
    output:
        figure=report(
            "results/figures/{table}.svg",
            caption="../docs/report/table1_figure.rst",
            category="Tables",
        ),
    log:
        "logs/plot_classification/{table}.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        code=version_of("plot_classification.py"),
    script:
        "../workflow_scripts/plot_classification.py"
