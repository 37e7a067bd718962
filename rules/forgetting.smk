rule forget_stage:
    """Fine-tune the previous stage's weights on a smaller nested subset of its data."""
    input:
        dataset=run_dataset,
        weights=previous_weights,
        optimizer_state=previous_optimizer_state,
    output:
        weights="results/forgetting/{run}/stage-{stage}.safetensors",
        optimizer_state="results/forgetting/{run}/stage-{stage}.optimizer.safetensors",
    log:
        "logs/forget_stage/{run}/stage-{stage}.log",
    benchmark:
        "benchmarks/forget_stage/{run}/stage-{stage}.tsv"
    conda:
        "../envs/know.yaml"
    threads: config["devices"]["processes"]
    resources:
        mem_mb=8000 * config["devices"]["processes"],
        runtime=1440,
        gpu=config["devices"]["gpus_per_job"] * config["devices"]["processes"],
    params:
        settings=run_settings,
        rate=rate,
        stages=num_stages,
        processes=config["devices"]["processes"],
        resume="results/resume/forgetting/{run}/stage-{stage}.safetensors",
        code=version_with_network("forget_stage.py"),
    script:
        "../workflow_scripts/forget_stage.py"
