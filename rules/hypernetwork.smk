rule collect_metadata:
    """Record the forgetting of many small networks, one shard of trials per job."""
    input:
        datasets=planned("metadata/{metadata}/datasets"),
        start=planned("metadata/{metadata}/start"),
    output:
        shard="results/metadata/{metadata}/shard-{shard}.zarr.zip",
    log:
        "logs/collect_metadata/{metadata}/shard-{shard}.log",
    benchmark:
        "results/benchmarks/collect_metadata/{metadata}/shard-{shard}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=memory("metadata/{metadata}/settings"),
        runtime=720,
        gpu=config["devices"]["gpus_per_job"],
    params:
        cards=cards_of,
        settings=planned("metadata/{metadata}/settings"),
        trials=planned("metadata/{metadata}/trials/{shard}"),
        resume="results/resume/metadata/{metadata}/shard-{shard}",
        code=planned("metadata/{metadata}/code"),
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
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cards=cards_of,
        weights_per_tensor=planned("metadata/{metadata}/weights_per_tensor"),
        stages=planned("metadata/{metadata}/stages"),
        code=version_of("draw_weights.py"),
    script:
        "../workflow_scripts/draw_weights.py"


rule train_hypernetwork:
    """Meta-train the hypernetwork of one kind of tensor."""
    input:
        draws=planned("hypernetworks/{hypernetwork}/draws"),
    output:
        model="results/hypernetworks/{hypernetwork}/{model}_{kind}.safetensors",
    log:
        "logs/train_hypernetwork/{hypernetwork}/{model}_{kind}.log",
    benchmark:
        "results/benchmarks/train_hypernetwork/{hypernetwork}/{model}_{kind}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=growing(8000),
        runtime=720,
        gpu=config["devices"]["gpus_per_job"],
    params:
        cards=cards_of,
        held_out=planned("hypernetworks/{hypernetwork}/held_out"),
        settings=planned("hypernetworks/{hypernetwork}/settings"),
        resume="results/resume/hypernetworks/{hypernetwork}/{model}_{kind}.safetensors",
        code=planned("hypernetworks/{hypernetwork}/code"),
    script:
        "../workflow_scripts/train_hypernetwork.py"
