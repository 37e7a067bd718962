rule locate_weights:
    """Predict true weights of more data, and measure how far predictions miss them."""
    input:
        store="results/trajectories/{run}.zarr.zip",
        truths=planned("landscape/runs/{run}/truths"),
        hypernetworks=PLAN["landscape"]["hypernetworks"],
        dataset=planned("runs/{run}/dataset"),
        start=planned("runs/{run}/start"),
    output:
        map="results/landscape/{run}/map.safetensors",
        locations="results/landscape/{run}/locations.json",
    log:
        "logs/locate_weights/{run}.log",
    benchmark:
        "results/benchmarks/locate_weights/{run}.tsv"
    conda:
        "../envs/know.yaml"
    resources:
        mem_mb=memory(),
        runtime=growing(60),
    params:
        cards=cards_of,
        ground=planned("landscape/runs/{run}/ground"),
        route=planned("landscape/runs/{run}/route"),
        methods=PLAN["landscape"]["methods"],
        rate=planned("runs/{run}/rate"),
        code=planned("landscape/runs/{run}/code/locate_weights"),
    script:
        "../workflow_scripts/locate_weights.py"


rule evaluate_points:
    """Inject noise into weights along a route and measure their accuracy."""
    input:
        store="results/trajectories/{run}.zarr.zip",
        truths=planned("landscape/runs/{run}/truths"),
        map="results/landscape/{run}/map.safetensors",
        dataset=planned("runs/{run}/dataset"),
        start=planned("runs/{run}/start"),
    output:
        points="results/landscape/{run}/points-{block}.safetensors",
    log:
        "logs/evaluate_points/{run}/points-{block}.log",
    benchmark:
        "results/benchmarks/evaluate_points/{run}/points-{block}.tsv"
    conda:
        "../envs/know.yaml"
    resources:
        mem_mb=memory(),
        runtime=growing(240),
        gpu=config["devices"]["gpus_per_job"],
    params:
        cards=cards_of,
        ground=planned("landscape/runs/{run}/ground"),
        route=planned("landscape/runs/{run}/route"),
        cloud=PLAN["landscape"]["cloud"],
        points=planned("landscape/points/{block}"),
        code=planned("landscape/runs/{run}/code/evaluate_points"),
    script:
        "../workflow_scripts/evaluate_points.py"


rule merge_landscape:
    """Put a map and all its points into one Zarr store."""
    input:
        map="results/landscape/{run}/map.safetensors",
        blocks=planned("landscape/runs/{run}/blocks"),
    output:
        store="results/landscape/{run}.zarr.zip",
    log:
        "logs/merge_landscape/{run}.log",
    conda:
        "../envs/know.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(15),
    params:
        cards=cards_of,
        settings=PLAN["landscape"]["cloud"],
        code=version_of("merge_landscape.py"),
    script:
        "../workflow_scripts/merge_landscape.py"


rule tabulate_landscape:
    """Make Figure 3 of each view's landscape and distances, these also a tidy table."""
    input:
        stores=PLAN["landscape"]["drawn"],
        locations=checked("landscape", "locations"),
    output:
        table=report(
            "results/figure3.csv",
            caption="../docs/report/figure3_table.rst",
            category="Figure 3",
        ),
        figure=report(
            "results/figure3.svg",
            caption="../docs/report/figure3.rst",
            category="Figure 3",
        ),
    log:
        "logs/tabulate_landscape.log",
    conda:
        "../envs/know.yaml"
    params:
        cards=cards_of,
        views=PLAN["landscape"]["views"],
        titles=PLAN["landscape"]["titles"],
        methods=config["landscape"]["methods"],
        horizons=list(range(1, config["landscape"]["horizon"] + 1)),
        code=version_of("tabulate_landscape.py"),
    script:
        "../workflow_scripts/tabulate_landscape.py"
