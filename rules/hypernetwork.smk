rule collect_metadata:
    """Record the forgetting of many small networks, one shard of trials a job."""
    input:
        datasets=metadata_datasets,
    output:
        shard="results/metadata/{metadata}/shard-{shard}.zarr.zip",
    log:
        "logs/collect_metadata/{metadata}/shard-{shard}.log",
    benchmark:
        "benchmarks/collect_metadata/{metadata}/shard-{shard}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=720,
        gpu=config["devices"]["gpus_per_job"],
    params:
        settings=metadata_settings,
        trials=shard_trials,
        code=metadata_version,
    script:
        "../workflow_scripts/collect_metadata.py"


rule draw_weights:
    """Draw weights of every tensor of a shard, for trainings to read."""
    input:
        shard="results/metadata/{metadata}/shard-{shard}.zarr.zip",
    output:
        draws="results/metadata/{metadata}/draws-{shard}.safetensors",
    log:
        "logs/draw_weights/{metadata}/shard-{shard}.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        weights_per_tensor=weights_per_tensor,
        code=version_of("draw_weights.py"),
    script:
        "../workflow_scripts/draw_weights.py"


rule train_hypernetwork:
    """Meta-train the hyper-model of one kind of tensor."""
    input:
        draws=metadata_draws,
    output:
        model="results/hypernetworks/{hypernetwork}/{model}_{kind}.safetensors",
    log:
        "logs/train_hypernetwork/{hypernetwork}/{model}_{kind}.log",
    benchmark:
        "benchmarks/train_hypernetwork/{hypernetwork}/{model}_{kind}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=720,
        gpu=config["devices"]["gpus_per_job"],
    params:
        held_out=held_out_trials,
        settings=meta_training,
        resume="results/resume/hypernetworks/{hypernetwork}/{model}_{kind}.safetensors",
        code=hyper_model_version,
    script:
        "../workflow_scripts/train_hypernetwork.py"
