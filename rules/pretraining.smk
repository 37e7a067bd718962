rule pretrain_network:
    """Train a network: Theta_0 of a run, an oracle on more data, one for longer."""
    input:
        dataset=planned("networks/{network}/dataset"),
        start=planned("networks/{network}/start"),
        base=planned("networks/{network}/base"),
    output:
        weights="results/networks/{network}.safetensors",
        optimizer_state="results/networks/{network}.optimizer.safetensors",
    log:
        "logs/pretrain_network/{network}.log",
    benchmark:
        "results/benchmarks/pretrain_network/{network}.tsv"
    wildcard_constraints:
        network=networks_with(averages=False),
    conda:
        "../envs/know.yaml"
    threads: config["devices"]["processes"]
    resources:
        mem_mb=memory(
            "networks/{network}/settings/training", config["devices"]["processes"]
        ),
        runtime=time_to_train("networks/{network}/settings", once),
        gpu=config["devices"]["gpus_per_job"] * config["devices"]["processes"],
    params:
        cards=cards_of,
        settings=planned("networks/{network}/settings"),
        processes=config["devices"]["processes"],
        resume="results/resume/networks/{network}.safetensors",
        code=planned("networks/{network}/code"),
    script:
        "../workflow_scripts/pretrain_network.py"


use rule pretrain_network as pretrain_with_averages with:
    output:
        weights="results/networks/{network}.safetensors",
        optimizer_state="results/networks/{network}.optimizer.safetensors",
        ema="results/networks/{network}.ema.safetensors",
        swa="results/networks/{network}.swa.safetensors",
    wildcard_constraints:
        network=networks_with(averages=True),


rule pretrain_incrementally:
    """Train on the smallest subset first and climb to D_0: the paper's incremental row."""
    input:
        dataset=planned("runs/{run}/dataset"),
        start=planned("runs/{run}/start"),
    output:
        weights="results/incremental/{run}.safetensors",
    log:
        "logs/pretrain_incrementally/{run}.log",
    benchmark:
        "results/benchmarks/pretrain_incrementally/{run}.tsv"
    conda:
        "../envs/know.yaml"
    threads: config["devices"]["processes"]
    resources:
        mem_mb=memory("runs/{run}/settings/training", config["devices"]["processes"]),
        runtime=time_to_train("runs/{run}/settings", all_stages),
        gpu=config["devices"]["gpus_per_job"] * config["devices"]["processes"],
    params:
        cards=cards_of,
        settings=planned("runs/{run}/settings"),
        rate=planned("runs/{run}/rate"),
        stages=planned("runs/{run}/num_stages"),
        processes=config["devices"]["processes"],
        resume="results/resume/incremental/{run}",
        code=planned("runs/{run}/code/pretrain_incrementally"),
    script:
        "../workflow_scripts/pretrain_incrementally.py"
