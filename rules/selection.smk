rule select_weights:
    """Select a run's default weights, or others that a probe proves better."""
    input:
        weights=planned("selections/{run}/{method}/weights"),
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
        mem_mb=memory(),
        runtime=720,
        gpu=config["devices"]["gpus_per_job"],
    params:
        cards=cards_of,
        candidates=planned("selections/{run}/{method}/candidates"),
        default=planned("selections/{run}/{method}/default"),
        pretraining=planned("selections/{run}/{method}/pretraining"),
        probe=config["selection"],
        resume="results/resume/selected/{run}/{method}",
        code=planned("selections/{run}/{method}/code"),
    script:
        "../workflow_scripts/select_weights.py"


rule tabulate_selection:
    """Compare what was selected with naive downstream."""
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
        selected=planned("selection_table/selected"),
        code=version_of("tabulate_selection.py"),
    script:
        "../workflow_scripts/tabulate_selection.py"
