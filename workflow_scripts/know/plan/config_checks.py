"""Checks of a config besides its tables: what it asks for and cannot have.

As in `know.plan.checks`, every problem is one line.
"""

from collections.abc import Iterator, Mapping
from math import ceil

from know.plan.method_checks import misfit_models, reach_problems
from know.plan.requests import Request, Settings, exact_share
from know.reporting.sample_figures import DRAWINGS


def config_problems(config: Settings) -> Iterator[str]:
    """Yield what a config contradicts, whatever its tables are."""
    yield from _small_draws(config)
    yield from misfit_models(config)
    for name, metadata in config["metadata"].items():
        for problem in _metadata_problems(config, metadata):
            yield f"metadata.{name}: {problem}"
    yield from _too_few_stages(config)
    table = config["hypernetwork_table"]
    if table["reference"] not in table["methods"]:
        yield (
            f"hypernetwork_table.reference: {table['reference']!r} is not among its "
            "methods"
        )
    lasts = {
        "hypernetwork_table": ("horizons", max(table["horizons"])),
        "landscape": ("horizon", config["landscape"]["horizon"]),
    }
    for section, (key, last) in lasts.items():
        predicting = []
        for method in config[section]["methods"]:
            if "predictor" in config["methods"][method]:
                predicting.append(method)
            else:
                yield f"{section}.methods: {method!r} is not a method that predicts"
        yield from reach_problems(
            config,
            predicting,
            stages=(f"{section}.stages", config[section]["stages"]),
            horizon=(f"{section}.{key}", last),
        )


def _small_draws(config: Settings) -> Iterator[str]:
    """Yield tasks whose data sets hold fewer images than a trial draws."""
    for name, task in config["tasks"].items():
        wanted, held = task.get("images"), config["datasets"][task["dataset"]]["train"]
        if wanted and held is not None and held < wanted:
            yield (
                f"tasks.{name}: a trial draws {wanted} images, data set "
                f"{task['dataset']!r} has {held} to train on"
            )


def _metadata_problems(config: Settings, metadata: Settings) -> Iterator[str]:
    bounds = {name: metadata[name] for name in ("rate", "stages", "images", "steps")}
    for number, draw in enumerate(metadata["optimizers"]):
        bounds[f"optimizers.{number}.learning_rate"] = draw["learning_rate"]
    for name, (low, high) in bounds.items():
        if low > high:
            yield f"{name}: its bounds {low}, {high} are in the wrong order"
    if metadata["smallest_batch"] > metadata["largest_batch"]:
        yield (
            f"smallest_batch ({metadata['smallest_batch']}) is above largest_batch "
            f"({metadata['largest_batch']})"
        )
    # The steepest forgetting needs the most images.
    rate, fewest = exact_share(min(metadata["rate"])), metadata["stages"][0]
    wanted = ceil(metadata["smallest_subset"] / rate ** (fewest - 1))
    for name in metadata["datasets"]:
        held = config["datasets"][name]["train"]
        if held is not None and held < wanted:
            yield (
                f"data set {name!r} has {held} training images; {wanted} are wanted "
                f"for {metadata['smallest_subset']} to be left at stage {fewest - 1} "
                f"at rate {rate}"
            )


def _too_few_stages(config: Settings) -> Iterator[str]:
    """Yield windows of stages after which the meta-data have none to learn or test."""
    table = config["hypernetwork_table"]
    windows = {"hypernetwork_table.stages": (table["metadata"], table["stages"])}
    for name, section in config["hypernetworks"].items():
        if section["source"] == "trained":
            place = f"hypernetworks.{name}: training.stages"
            windows[place] = (section["metadata"], section["training"]["stages"])
    for place, (metadata, window) in windows.items():
        stages = config["metadata"][metadata]["stages"][0]
        if window >= stages:
            yield (
                f"{place} ({window}) must be fewer than the fewest stages of "
                f"its meta-data ({stages}), whose next one is predicted"
            )


def sample_problems(shown: Settings, tables: Mapping[str, Request]) -> Iterator[str]:
    """Yield what figures of samples want and their tables do not have."""
    for figure, section in shown.items():
        place, request = f"samples.{figure}", tables[section["table"]]
        name = request.tasks[0]
        task = request.config["tasks"][name]
        if task["type"] not in DRAWINGS:
            yield (
                f"{place}.table: wanted a task of {' or '.join(DRAWINGS)}, task "
                f"{name!r} of {section['table']} is one of {task['type']}"
            )
            continue
        for method in section["methods"]:
            if method not in request.methods:
                yield (
                    f"{place}.methods: {method!r} is not among those of "
                    f"{section['table']}"
                )
        # Types without the option keep a sample of every test image.
        kept = task.get("options", {}).get("samples", section["images"])
        if section["images"] > kept:
            yield (
                f"{place}.images: wanted {section['images']}, task {name!r} keeps the "
                f"samples of {kept}"
            )
