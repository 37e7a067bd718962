"""What the rules of Figure 3 read and which settings they get."""


def route_truths(wildcards):
    """True weights of more data that are networks of their own; else nothing."""
    return plans.landscape.truths(wildcards.run)


def route_stages(wildcards):
    """Stages that methods see, and stages withheld from them."""
    return plans.landscape.route(wildcards.run)


def landscape_hyper_models(wildcards):
    """Hyper-models of the methods of Figure 3."""
    methods = plans.landscape.compared_methods()
    return [file for method in methods for file in method["hyper_models"]]


def landscape_ground(wildcards):
    """How the run is pre-trained, and how many test images accuracy is measured on."""
    images = config["landscape"]["images"]
    return {"settings": run_settings(wildcards), "images": images}


def located_version(wildcards):
    """Digest of the code of the network and of the methods, of no others."""
    architecture = run_settings(wildcards)["architecture"]
    methods = plans.landscape.compared_methods()
    return version_of(
        "locate_weights.py",
        ARCHITECTURES.module_of(architecture),
        *sorted({PREDICTORS.module_of(method["predictor"]) for method in methods}),
        *sorted({MODELS.module_of(model) for model in plans.landscape.models()}),
    )


def block_points(wildcards):
    """Numbers of the points of one block."""
    return plans.landscape.block_points(int(wildcards.block))


def landscape_blocks(wildcards):
    """Files of all points of a run."""
    form = "results/landscape/{run}/points-{block}.safetensors"
    return expand(form, run=wildcards.run, block=plans.landscape.blocks())


def landscape_locations(wildcards):
    """Where every run's predictions lie, once the data are known to be there."""
    refuse_missing_data(plans.landscape.datasets())
    runs = [run for runs in plans.landscape.view_runs().values() for run in runs]
    return expand("results/landscape/{run}/locations.json", run=runs)


def drawn_landscapes(wildcards):
    """Landscape of each view's drawn run."""
    runs = plans.landscape.drawn_runs().values()
    return expand("results/landscape/{run}.zarr.zip", run=runs)
