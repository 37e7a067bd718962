rule tabulate_classification:
    """Make Table 1 of all scores: tidy, over seeds, in the paper's layout, and times."""
    input:
        scores=plan.scores(),
    output:
        table=report(
            "results/table1.csv",
            caption="../docs/report/table1.rst",
            category="Table 1",
        ),
        seeds="results/table1_seeds.csv",
        times="results/table1_times.csv",
        markdown="results/table1.md",
    log:
        "logs/tabulate_classification.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        runs=plan.table_runs(),
        methods=plan.table_methods(),
        note=config["table1"]["note"],
        code=version_of("tabulate_classification.py"),
    script:
        "../workflow_scripts/tabulate_classification.py"
