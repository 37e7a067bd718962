PROBE = {key: value for key, value in config["selection"].items() if key != "table"}


rule select_weights:
    """Select Theta_0 or a prediction by a probe on pre-training data alone."""
    input:
        base=planned("selections/{run}/{method}/base"),
        predictions=planned("selections/{run}/{method}/predictions"),
        dataset=planned("selections/{run}/{method}/dataset"),
    output:
        weights="results/selected/{run}/{method}.safetensors",
        selection="results/selected/{run}/{method}.json",
    log:
        "logs/select_weights/{run}/{method}.log",
    benchmark:
        "results/benchmarks/select_weights/{run}/{method}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=720,
        gpu=config["devices"]["gpus_per_job"],
    params:
        contenders=planned("selections/{run}/{method}/contenders"),
        pretraining=planned("selections/{run}/{method}/pretraining"),
        probe=PROBE,
        resume="results/resume/selected/{run}/{method}",
        code=planned("selections/{run}/{method}/code"),
    script:
        "../workflow_scripts/select_weights.py"


rule tabulate_selection:
    """Compare what was selected with what would have been best downstream."""
    input:
        scores=checked("selection_table", "scores"),
        selections=planned("selection_table/selections"),
    output:
        table="results/selection.csv",
        markdown="results/selection.md",
    log:
        "logs/tabulate_selection.log",
    conda:
        "../envs/know.yaml"
    params:
        facts=planned("selection_table/facts"),
        code=version_of("tabulate_selection.py"),
    script:
        "../workflow_scripts/tabulate_selection.py"
