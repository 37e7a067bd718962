SELECTED = plans[config["selection"]["table"]]
PROBE = {key: value for key, value in config["selection"].items() if key != "table"}


rule select_weights:
    """Pick Theta_0 or a prediction by a probe on pre-training data alone."""
    input:
        base=base_weights,
        predictions=selected_from,
        dataset=run_dataset,
    output:
        weights="results/selected/{run}/{method}.safetensors",
        selection="results/selected/{run}/{method}.json",
    log:
        "logs/select_weights/{run}/{method}.log",
    benchmark:
        "benchmarks/select_weights/{run}/{method}.tsv"
    wildcard_constraints:
        method="|".join(plans.united(Plan.selecting_methods)) or "none",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=720,
        gpu=config["devices"]["gpus_per_job"],
    params:
        contenders=contenders,
        pretraining=run_settings,
        probe=PROBE,
        resume="results/resume/selected/{run}/{method}",
        code=version_with_network("select_weights.py"),
    script:
        "../workflow_scripts/select_weights.py"


rule tabulate_selection:
    """Compare what was picked with what would have been best downstream."""
    input:
        scores=selection_scores,
        selections=selections,
    output:
        table="results/selection.csv",
        markdown="results/selection.md",
    log:
        "logs/tabulate_selection.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        runs=SELECTED.table_runs(),
        methods=SELECTED.table_methods(),
        tasks=tasks_of(SELECTED),
        average=False,
        code=version_of("tabulate_selection.py"),
    script:
        "../workflow_scripts/tabulate_selection.py"
