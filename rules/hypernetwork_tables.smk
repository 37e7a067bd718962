rule measure_held_out:
    """Predict the held-out trials of a shard by every method, and see how far it misses."""
    input:
        shard="results/metadata/{metadata}/shard-{shard}.zarr.zip",
        hyper_models=compared_hyper_models,
    output:
        errors="results/held_out/{metadata}/shard-{shard}.json",
    log:
        "logs/measure_held_out/{metadata}/shard-{shard}.log",
    benchmark:
        "benchmarks/measure_held_out/{metadata}/shard-{shard}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        methods=plans.meta.compared_methods(),
        comparison=plans.meta.comparison(),
        held_out=plans.meta.held_out(plans.meta.table_metadata),
        code=measured_version,
    script:
        "../workflow_scripts/measure_held_out.py"


rule tabulate_hypernetworks:
    """Make the table of errors on held-out trials: tidy, and as a page to read."""
    input:
        errors=held_out_files,
    output:
        table=report(
            "results/hypernetwork.csv",
            caption="../docs/report/hypernetwork.rst",
            category="Hyper-models",
        ),
        markdown="results/hypernetwork.md",
    log:
        "logs/tabulate_hypernetworks.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        methods=config["hypernetwork_table"]["methods"],
        reference=config["hypernetwork_table"]["reference"],
        note=config["hypernetwork_table"]["note"],
        code=version_of("tabulate_hypernetworks.py"),
    script:
        "../workflow_scripts/tabulate_hypernetworks.py"


rule plot_hypernetworks:
    """Draw the errors on held-out trials, a panel a group and kind of tensor."""
    input:
        table="results/hypernetwork.csv",
    output:
        figure=report(
            "results/figures/hypernetwork.svg",
            caption="../docs/report/hypernetwork_figure.rst",
            category="Hyper-models",
        ),
    log:
        "logs/plot_hypernetworks.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        methods=config["hypernetwork_table"]["methods"],
        code=version_of("plot_hypernetworks.py"),
    script:
        "../workflow_scripts/plot_hypernetworks.py"


rule plot_meta_training:
    """Draw each trained hyper-model's held-out error and loss by epoch."""
    input:
        models=plans.meta.trained_model_files(),
    output:
        figure=report(
            "results/figures/meta_training.svg",
            caption="../docs/report/meta_training.rst",
            category="Hyper-models",
        ),
    log:
        "logs/plot_meta_training.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        code=version_of("plot_meta_training.py"),
    script:
        "../workflow_scripts/plot_meta_training.py"
