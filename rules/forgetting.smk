rule forget_stage:
    """Fine-tune the previous stage's weights on a smaller nested subset of its data."""
    input:
        dataset=planned("runs/{run}/dataset"),
        weights=planned("runs/{run}/before/{stage}/weights"),
        optimizer_state=planned("runs/{run}/before/{stage}/optimizer_state"),
    output:
        weights="results/forgetting/{run}/stage-{stage}.safetensors",
        optimizer_state="results/forgetting/{run}/stage-{stage}.optimizer.safetensors",
    log:
        "logs/forget_stage/{run}/stage-{stage}.log",
    benchmark:
        "results/benchmarks/forget_stage/{run}/stage-{stage}.tsv"
    conda:
        "../envs/know.yaml"
    threads: config["devices"]["processes"]
    resources:
        mem_mb=memory("runs/{run}/settings/training", config["devices"]["processes"]),
        runtime=time_to_train("runs/{run}/settings", one_stage),
        gpu=config["devices"]["gpus_per_job"] * config["devices"]["processes"],
    params:
        cards=cards_of,
        settings=planned("runs/{run}/settings"),
        rate=planned("runs/{run}/rate"),
        stages=planned("runs/{run}/num_stages"),
        processes=config["devices"]["processes"],
        resume="results/resume/forgetting/{run}/stage-{stage}.safetensors",
        code=planned("runs/{run}/code/forget_stage"),
    script:
        "../workflow_scripts/forget_stage.py"


rule import_stage:
    """Make a network that was trained elsewhere a stage of a run, and measure it."""
    input:
        dataset=planned("runs/{run}/dataset"),
        files=planned("runs/{run}/imported/{stage}/files"),
        start=planned("runs/{run}/start"),
    output:
        weights="results/imported/{run}/stage-{stage}.safetensors",
    log:
        "logs/import_stage/{run}/stage-{stage}.log",
    wildcard_constraints:
        stage=r"\d+",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=memory(),
        runtime=growing(60),
        gpu=config["devices"]["gpus_per_job"],
    params:
        cards=cards_of,
        network=planned("runs/{run}/imported/{stage}/network"),
        samples=planned("runs/{run}/imported/{stage}/samples"),
        settings=planned("runs/{run}/settings"),
        code=planned("runs/{run}/code/import_stage"),
    script:
        "../workflow_scripts/import_stage.py"
