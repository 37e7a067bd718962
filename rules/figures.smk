rule plot_classification:
    """Draw Table 1 as bars, a panel a fraction."""
    input:
        table="results/table1.csv",
    output:
        figure=report(
            "results/figures/table1.svg",
            caption="../docs/report/table1_figure.rst",
            category="Table 1",
        ),
    log:
        "logs/plot_classification.log",
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


rule plot_forgetting:
    """Draw each run's accuracy on D_0 and on the test split by stage."""
    input:
        stores=expand("results/trajectories/{run}.zarr.zip", run=plan.runs),
    output:
        figure=report(
            "results/figures/forgetting.svg",
            caption="../docs/report/forgetting.rst",
            category="Forgetting",
        ),
    log:
        "logs/plot_forgetting.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        runs=list(plan.runs),
        code=version_of("plot_forgetting.py"),
    script:
        "../workflow_scripts/plot_forgetting.py"
