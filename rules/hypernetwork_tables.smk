rule measure_held_out:
    """Predict a shard's held-out meta-runs by every method, and measure the errors."""
    input:
        shard="results/metadata/{metadata}/shard-{shard}.zarr.zip",
        hypernetworks=PLAN["hypernetwork_table"]["hypernetworks"],
    output:
        errors="results/held_out/{metadata}/shard-{shard}.json",
    log:
        "logs/measure_held_out/{metadata}/shard-{shard}.log",
    benchmark:
        "results/benchmarks/measure_held_out/{metadata}/shard-{shard}.tsv"
    conda:
        "../envs/know.yaml"
    resources:
        mem_mb=memory(),
        runtime=growing(240),
    params:
        cards=cards_of,
        methods=PLAN["hypernetwork_table"]["methods"],
        comparison=PLAN["hypernetwork_table"]["comparison"],
        held_out=PLAN["hypernetwork_table"]["held_out"],
        code=PLAN["hypernetwork_table"]["code"],
    script:
        "../workflow_scripts/measure_held_out.py"


rule tabulate_hypernetworks:
    """Make the table of errors on held-out trials: tidy, as a page and as a figure."""
    input:
        errors=checked("hypernetwork_table", "errors"),
    output:
        table=report(
            "results/hypernetwork.csv",
            caption="../docs/report/hypernetwork.rst",
            category="Hypernetworks",
        ),
        markdown="results/hypernetwork.md",
        figure=report(
            "results/figures/hypernetwork.svg",
            caption="../docs/report/hypernetwork_figure.rst",
            category="Hypernetworks",
        ),
    log:
        "logs/tabulate_hypernetworks.log",
    conda:
        "../envs/know.yaml"
    params:
        methods=config["hypernetwork_table"]["methods"],
        horizons=config["hypernetwork_table"]["horizons"],
        reference=config["hypernetwork_table"]["reference"],
        note=config["hypernetwork_table"]["note"],
        code=version_of("tabulate_hypernetworks.py"),
    script:
        "../workflow_scripts/tabulate_hypernetworks.py"


rule plot_meta_training:
    """Draw each trained hypernetwork's held-out error and loss by epoch."""
    input:
        models=PLAN["hypernetwork_table"]["trained_models"],
    output:
        figure=report(
            "results/figures/meta_training.svg",
            caption="../docs/report/meta_training.rst",
            category="Hypernetworks",
        ),
    log:
        "logs/plot_meta_training.log",
    conda:
        "../envs/know.yaml"
    params:
        cards=cards_of,
        code=version_of("plot_meta_training.py"),
    script:
        "../workflow_scripts/plot_meta_training.py"
