rule plot_forgetting:
    """Draw each run's accuracy on D_0 and on the test split by stage."""
    input:
        stores=checked("forgetting_figure", "stores"),
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
    params:
        cards=cards_of,
        runs=PLAN["forgetting_figure"]["runs"],
        code=version_of("plot_forgetting.py"),
    script:
        "../workflow_scripts/plot_forgetting.py"
