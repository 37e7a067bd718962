rule tabulate_times:
    """Make Table 7: what the weights of Table 1 cost in seconds, and what they reached."""
    input:
        scores=checked("tables/table1", "scores"),
        benchmarks=planned("times/benchmarks"),
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
    params:
        rows=planned("times/rows"),
        rate=planned("times/rate"),
        stages=planned("times/stages"),
        facts=planned("times/facts"),
        note=planned("times/note"),
        code=version_of("tabulate_times.py"),
    script:
        "../workflow_scripts/tabulate_times.py"
