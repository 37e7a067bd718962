rule predict_weights:
    """Extrapolate a trajectory past its start, one file for each horizon."""
    input:
        store="results/trajectories/{run}.zarr.zip",
        hypernetworks=planned("predictions/{run}/{method}/hypernetworks"),
    output:
        # No param names them, so that fewer horizons rerun nothing.
        weights=expand(
            "results/predictions/{{run}}/{{method}}/n{horizon}.safetensors",
            horizon=PLAN["horizons"],
        ),
    log:
        "logs/predict_weights/{run}/{method}.log",
    benchmark:
        "results/benchmarks/predict_weights/{run}/{method}.tsv"
    wildcard_constraints:
        method=methods_in("predictions"),
    conda:
        "../envs/know.yaml"
    resources:
        mem_mb=memory(),
        runtime=growing(120),
    params:
        cards=cards_of,
        predictor=planned("predictions/{run}/{method}/predictor"),
        options=planned("predictions/{run}/{method}/options"),
        control=planned("predictions/{run}/{method}/control"),
        rate=planned("predictions/{run}/{method}/rate"),
        code=planned("predictions/{run}/{method}/code"),
    script:
        "../workflow_scripts/predict_weights.py"


rule fit_weights:
    """Combine a trajectory's stages by coefficients fitted on pre-training images."""
    input:
        store="results/trajectories/{run}.zarr.zip",
        dataset=planned("runs/{run}/dataset"),
    output:
        weights="results/fitted/{run}/{method}.safetensors",
    log:
        "logs/fit_weights/{run}/{method}.log",
    benchmark:
        "results/benchmarks/fit_weights/{run}/{method}.tsv"
    wildcard_constraints:
        method=methods_in("fits"),
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=memory("runs/{run}/settings/training"),
        runtime=growing(240),
        gpu=config["devices"]["gpus_per_job"],
    params:
        cards=cards_of,
        fit=planned("fits/{run}/{method}/fit"),
        settings=planned("runs/{run}/settings"),
        code=planned("fits/{run}/{method}/code"),
    script:
        "../workflow_scripts/fit_weights.py"
