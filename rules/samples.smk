rule plot_samples:
    """Draw test images, the truth about them, and what networks make of them."""
    input:
        dataset=planned("samples/{figure}/dataset"),
        samples=planned("samples/{figure}/samples"),
    output:
        figure=report(
            "results/{figure}.svg",
            caption="../docs/report/samples.rst",
            category="Samples",
        ),
    log:
        "logs/plot_samples/{figure}.log",
    wildcard_constraints:
        figure="|".join(config["samples"]) or "none",
    conda:
        "../envs/know.yaml"
    params:
        cards=cards_of,
        task_type=planned("samples/{figure}/task_type"),
        sources=planned("samples/{figure}/sources"),
        images=planned("samples/{figure}/images"),
        code=planned("samples/{figure}/code"),
    script:
        "../workflow_scripts/plot_samples.py"
