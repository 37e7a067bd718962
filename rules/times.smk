TIMED = plans["table1"]


rule tabulate_times:
    """Make Table 7: what the weights of Table 1 cost in seconds, and what they reached."""
    input:
        table=f"results/{TIMED.table}.csv",
        times=f"results/{TIMED.table}_times.csv",
        benchmarks=timing_files(TIMED),
    output:
        table=report(
            "results/table7.csv",
            caption="../docs/report/times.rst",
            category="Tables",
        ),
        markdown="results/table7.md",
    log:
        "logs/tabulate_times.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        rows=timed_rows(TIMED),
        rate=TIMED.rate,
        stages=TIMED.num_stages,
        runs=TIMED.table_runs(),
        methods=TIMED.table_methods(),
        tasks=tasks_of(TIMED),
        average=False,
        note=config["tables"][TIMED.table]["note"],
        code=version_of("tabulate_times.py"),
    script:
        "../workflow_scripts/tabulate_times.py"
