rule export_trajectory:
    """Put the weights of every stage of a run into one Zarr store."""
    input:
        stages=planned("runs/{run}/weights"),
    output:
        store="results/trajectories/{run}.zarr.zip",
    log:
        "logs/export_trajectory/{run}.log",
    benchmark:
        "results/benchmarks/export_trajectory/{run}.tsv"
    conda:
        "../envs/know.yaml"
    resources:
        mem_mb=memory(),
        runtime=growing(30),
    params:
        cards=cards_of,
        code=planned("runs/{run}/code/export_trajectory"),
    script:
        "../workflow_scripts/export_trajectory.py"
