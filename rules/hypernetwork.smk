rule collect_metadata:
    """Record the forgetting of many small networks, one shard of trials a job."""
    input:
        datasets=metadata_datasets,
    output:
        shard="results/metadata/{hypernetwork}/shard-{shard}.zarr.zip",
    log:
        "logs/collect_metadata/{hypernetwork}/shard-{shard}.log",
    benchmark:
        "benchmarks/collect_metadata/{hypernetwork}/shard-{shard}.tsv"
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
        code=version_of("collect_metadata.py"),
    script:
        "../workflow_scripts/collect_metadata.py"


rule train_hypernetwork:
    """Meta-train KNOWN for one kind of tensor."""
    input:
        shards=metadata_shards,
    output:
        model="results/hypernetworks/{hypernetwork}/known_{kind}.safetensors",
    log:
        "logs/train_hypernetwork/{hypernetwork}/{kind}.log",
    benchmark:
        "benchmarks/train_hypernetwork/{hypernetwork}/{kind}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=720,
        gpu=config["devices"]["gpus_per_job"],
    params:
        settings=meta_training,
        code=version_of("train_hypernetwork.py"),
    script:
        "../workflow_scripts/train_hypernetwork.py"
