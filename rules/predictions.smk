# All of the config's horizons: a table evaluates all of them or some.
PREDICTIONS = expand(
    "results/predictions/{{run}}/{{method}}/n{horizon}.safetensors",
    horizon=config["horizons"],
)


rule predict_weights:
    """Extrapolate a trajectory past its start, one file for each horizon."""
    input:
        store="results/trajectories/{run}.zarr.zip",
        hyper_models=hyper_models,
    output:
        weights=PREDICTIONS,
    log:
        "logs/predict_weights/{run}/{method}.log",
    benchmark:
        "benchmarks/predict_weights/{run}/{method}.tsv"
    wildcard_constraints:
        method="|".join(plans.united(Plan.predicted_methods)) or "none",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        predictor=predictor_name,
        options=predictor_options,
        horizons=config["horizons"],
        rate=rate,
        code=predictor_version,
    script:
        "../workflow_scripts/predict_weights.py"


rule make_control:
    """Change a prediction so that what it owes to norm or direction shows."""
    input:
        base=base_weights,
        weights=controlled_weights,
        store="results/trajectories/{run}.zarr.zip",
    output:
        weights=PREDICTIONS,
    log:
        "logs/make_control/{run}/{method}.log",
    wildcard_constraints:
        method="|".join(plans.united(Plan.control_methods)) or "none",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        control=control_name,
        code=version_of("make_control.py"),
    script:
        "../workflow_scripts/make_control.py"
