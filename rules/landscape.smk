rule locate_weights:
    """Predict true weights of more data, and measure how far predictions miss them."""
    input:
        store="results/trajectories/{run}.zarr.zip",
        truths=route_truths,
        hyper_models=landscape_hyper_models,
        dataset=run_dataset,
    output:
        map="results/landscape/{run}/map.safetensors",
        locations="results/landscape/{run}/locations.json",
    log:
        "logs/locate_weights/{run}.log",
    benchmark:
        "benchmarks/locate_weights/{run}.tsv"
    wildcard_constraints:
        run="|".join(plans.landscape.runs()),
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        ground=landscape_ground,
        route=route_stages,
        methods=plans.landscape.compared_methods(),
        rate=rate,
        code=located_version,
    script:
        "../workflow_scripts/locate_weights.py"


rule evaluate_points:
    """Inject noise into weights along a route and measure their accuracy."""
    input:
        store="results/trajectories/{run}.zarr.zip",
        truths=route_truths,
        map="results/landscape/{run}/map.safetensors",
        dataset=run_dataset,
    output:
        points="results/landscape/{run}/points-{block}.safetensors",
    log:
        "logs/evaluate_points/{run}/points-{block}.log",
    benchmark:
        "benchmarks/evaluate_points/{run}/points-{block}.tsv"
    wildcard_constraints:
        run="|".join(plans.landscape.runs()),
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=config["devices"]["gpus_per_job"],
    params:
        ground=landscape_ground,
        route=route_stages,
        cloud=plans.landscape.cloud(),
        points=block_points,
        code=version_with_network("evaluate_points.py"),
    script:
        "../workflow_scripts/evaluate_points.py"


rule merge_landscape:
    """Put a map and all its points into one Zarr store."""
    input:
        map="results/landscape/{run}/map.safetensors",
        blocks=landscape_blocks,
    output:
        store="results/landscape/{run}.zarr.zip",
    log:
        "logs/merge_landscape/{run}.log",
    wildcard_constraints:
        run="|".join(plans.landscape.runs()),
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=15,
    params:
        settings=plans.landscape.cloud(),
        code=version_of("merge_landscape.py"),
    script:
        "../workflow_scripts/merge_landscape.py"


rule tabulate_landscape:
    """Make Figure 3's distances a tidy table, over the seeds of each view."""
    input:
        locations=landscape_locations,
    output:
        table=report(
            "results/figure3.csv",
            caption="../docs/report/figure3_table.rst",
            category="Figure 3",
        ),
    log:
        "logs/tabulate_landscape.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        views=plans.landscape.view_runs(),
        methods=config["landscape"]["methods"],
        code=version_of("tabulate_landscape.py"),
    script:
        "../workflow_scripts/tabulate_landscape.py"


rule plot_landscape:
    """Draw Figure 3: each view's landscape, and the distances over its seeds."""
    input:
        stores=drawn_landscapes,
        locations=landscape_locations,
    output:
        figure=report(
            "results/figure3.svg",
            caption="../docs/report/figure3.rst",
            category="Figure 3",
        ),
    log:
        "logs/plot_landscape.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        views=plans.landscape.view_runs(),
        titles=plans.landscape.titles(),
        methods=config["landscape"]["methods"],
        code=version_of("plot_landscape.py"),
    script:
        "../workflow_scripts/plot_landscape.py"
