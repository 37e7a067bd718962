"""What a config asks for and cannot get, found before the first job."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from know.plan.shares import exact_share
from know.registry import Registry

if TYPE_CHECKING:
    from know.plan.plan import Plan

Settings = Mapping[str, Any]

# By the package's name: the plan reads what networks state, and imports none of them.
_ARCHITECTURES: Registry[Any] = Registry("know.architectures", kind="an architecture")


def sheet_problems(runs: Sequence[Settings]) -> list[str]:
    """Rows of the run sheet that share a name, or are one trajectory under two names.

    Args:
        runs: rows that fit the schema of the sheet.
    """
    by_name: dict[Any, int] = {}
    by_content: dict[tuple[Any, ...], list[str]] = {}
    for row in runs:
        by_name[row["run"]] = by_name.get(row["run"], 0) + 1
        content = tuple(value for key, value in sorted(row.items()) if key != "run")
        by_content.setdefault(content, []).append(row["run"])
    repeated = [
        f"the run sheet names {name!r} {count} times"
        for name, count in by_name.items()
        if count > 1
    ]
    alike = [list(dict.fromkeys(names)) for names in by_content.values()]
    return repeated + [
        f"runs {', '.join(names)} are one and the same, counted {len(names)} times"
        for names in alike
        if len(names) > 1
    ]


def plan_problems(plan: "Plan") -> list[str]:
    """Every id that nothing declares; if there is none, every impossible request.

    Args:
        plan: holding a config and runs that fit their schemas.

    Returns:
        One line a problem: where it is, what was wanted, what was found.
    """
    return _unknown_ids(plan) or [
        *_impossible_tasks(plan),
        *_impossible_methods(plan),
        *_impossible_selections(plan),
        *_impossible_sizes(plan),
        *_impossible_metadata(plan),
    ]


def _unknown_ids(plan: "Plan") -> list[str]:
    return [
        f"{place}: wanted one of {section} ({', '.join(plan.config[section])}), "
        f"found {name!r}"
        for place, section, name in _wanted_ids(plan)
        if name not in plan.config[section]
    ]


def _wanted_ids(plan: "Plan") -> Iterator[tuple[str, str, str]]:
    """Where an id stands, the section that should declare it, the id."""
    config = plan.config
    for task in plan.tasks:
        yield f"{plan.place}.tasks", "tasks", task
    for method in plan.methods:
        yield f"{plan.place}.methods", "methods", method
    for run, row in plan.runs.items():
        yield f"run {run}", "datasets", row["dataset"]
        yield f"run {run}", "architectures", row["architecture"]
    for name, task in config["tasks"].items():
        yield f"tasks.{name}", "datasets", task["dataset"]
    for name, method in config["methods"].items():
        if "of" in method:
            yield f"methods.{name}", "methods", method["of"]
        if "hypernetwork" in method:
            yield f"methods.{name}", "hypernetworks", method["hypernetwork"]
        for selected in method.get("select", []):
            yield f"methods.{name}", "methods", selected
    for name in plan.meta.trained_hypernetworks():
        yield f"hypernetworks.{name}", "metadata", plan.meta.metadata_of(name)
    for name, metadata in config["metadata"].items():
        for dataset in [*metadata["datasets"], *metadata["held_out"]["datasets"]]:
            yield f"metadata.{name}", "datasets", dataset
        for family in [*metadata["families"], *metadata["held_out"]["families"]]:
            yield f"metadata.{name}", "architectures", family
    yield "hypernetwork_table.metadata", "metadata", plan.meta.table_metadata
    for method in config["hypernetwork_table"]["methods"]:
        yield "hypernetwork_table.methods", "methods", method


def _impossible_tasks(plan: "Plan") -> list[str]:
    tasks = plan.config["tasks"]
    problems = [
        f"tasks.{name}: trials ({task['trials']}) must be a multiple of "
        f"trials_per_job ({task['trials_per_job']}), so that more trials leave "
        "the finished ones alone"
        for name, task in tasks.items()
        if task["trials"] % task["trials_per_job"]
    ]
    return problems + list(_misfit_images(plan))


def _misfit_images(plan: "Plan") -> Iterator[str]:
    """Images that a run's network cannot read, or not with the run's weights."""
    tasks = {task: plan.config["tasks"][task]["dataset"] for task in plan.tasks}
    for run in plan.runs:
        network = plan.run_pretraining(run)["architecture"]
        facts = _ARCHITECTURES.facts(network)
        size = _size(plan, plan.run_dataset(run))
        wanted = {task: _size(plan, dataset) for task, dataset in tasks.items()}
        if not facts.get("READS_NON_SQUARE", False):
            owners = {"its data set": size}
            owners |= {f"task {task}": found for task, found in wanted.items()}
            for owner, found in owners.items():
                if isinstance(found, list):
                    yield f"run {run}: {network} reads squares, {owner} has {found}"
        if not facts.get("READS_ANY_SIZE", False):
            for task, found in wanted.items():
                if found != size:
                    yield (
                        f"run {run}: its images have size {size}, task {task} has "
                        f"{found}"
                    )


def _size(plan: "Plan", dataset: str) -> int | list[int] | None:
    """Size of a data set's images, of squares their side."""
    size: int | list[int] | None = plan.config["datasets"][dataset]["size"]
    return size[0] if isinstance(size, list) and size[0] == size[1] else size


def _impossible_methods(plan: "Plan") -> list[str]:
    problems = [
        f"methods.{name}: its method {plan.method(name)['of']!r} is not a "
        f"predicting method that {plan.place}.methods lists"
        for name in plan.control_methods()
        if plan.method(name)["of"] not in plan.predicted_methods()
    ]
    for name in plan.predicted_methods():
        source = plan.method(name).get("hypernetwork")
        training = plan.config["hypernetworks"].get(source, {}).get("training", {})
        if training.get("stages", 0) > plan.num_stages:
            problems.append(
                f"methods.{name}: hypernetwork {source!r} reads "
                f"{training['stages']} stages, forgetting.stages is {plan.num_stages}"
            )
    if "naive" not in plan.methods:
        problems.append(
            f"{plan.place}.methods: 'naive' is missing, which rows compare to"
        )
    return problems


def _impossible_selections(plan: "Plan") -> list[str]:
    selecting = plan.selecting_methods()
    problems = [
        f"methods.{name}: it cannot select {selected!r}, which is not a predicting "
        f"method that {plan.place}.methods lists"
        for name in selecting
        for selected in plan.method(name)["select"]
        if selected not in plan.predicted_methods()
    ]
    if not selecting:
        return problems
    selection = plan.config["selection"]
    for run in plan.runs:
        dataset = plan.config["datasets"][plan.run_dataset(run)]
        held = plan.images(run) if selection["split"] == "d0" else dataset["test"]
        images = min(selection["images"], held or selection["images"])
        held_out = max(1, round(selection["share"] * images))
        if dataset.get("target", "classes") != "classes":
            problems.append(
                f"run {run}: selection probes networks that were pre-trained on "
                f"classes, {plan.run_dataset(run)!r} has {dataset['target']}"
            )
        if held_out >= images:
            problems.append(
                f"run {run}: selection holds {held_out} of {images} images of split "
                f"{selection['split']!r} out, none is left to train on"
            )
    return problems


def _impossible_sizes(plan: "Plan") -> list[str]:
    rate = plan.exact_rate
    if not 0 < rate < 1:
        return [f"forgetting.rate: wanted a share between 0 and 1, found {rate}"]
    problems = []
    last = plan.num_stages - 1
    largest = max([0, *plan.oracle_horizons()])
    for run in plan.runs:
        if floor(plan.images(run) * rate**last) < 1:
            problems.append(
                f"run {run}: stage {last} would have no image "
                f"({plan.images(run)} * ({rate})^{last})"
            )
        wanted, name = plan.images(run, largest), plan.run_dataset(run)
        held = plan.config["datasets"][name]["train"]
        if held is not None and wanted > held:
            problems.append(
                f"run {run}: data set {name!r} has {held} training images, "
                f"{wanted} are wanted"
                + (f" by its oracle x{plan.factor(largest):g}" if largest else "")
            )
    return problems


def _impossible_metadata(plan: "Plan") -> list[str]:
    config = plan.config
    problems = [
        f"metadata.{name}: {problem}"
        for name, metadata in config["metadata"].items()
        for problem in _metadata_problems(plan, metadata)
    ]
    for name in plan.meta.trained_hypernetworks():
        stages = config["metadata"][plan.meta.metadata_of(name)]["stages"]
        wanted = config["hypernetworks"][name]["training"]["stages"]
        if stages <= wanted:
            problems.append(
                f"hypernetworks.{name}: its meta-data's stages ({stages}) must be more "
                f"than training.stages ({wanted}), whose next one is learnt"
            )
    return [*problems, *_misfit_models(plan), *_table_problems(plan)]


def _misfit_models(plan: "Plan") -> list[str]:
    """Methods whose predictor wants other hyper-models than they name."""
    config = plan.config
    return [
        f"methods.{name}: predictor {method['predictor']!r} wants a hypernetwork of "
        f"model {method['predictor']!r}, {method['hypernetwork']!r} "
        f"is of model {config['hypernetworks'][method['hypernetwork']]['model']!r}"
        for name, method in config["methods"].items()
        if "hypernetwork" in method
        and method["predictor"]
        != config["hypernetworks"][method["hypernetwork"]]["model"]
    ]


def _table_problems(plan: "Plan") -> list[str]:
    config = plan.config
    table = config["hypernetwork_table"]
    problems = []
    if table["reference"] not in table["methods"]:
        problems.append(
            f"hypernetwork_table.reference: {table['reference']!r} is not among its "
            "methods"
        )
    stages = config["metadata"][plan.meta.table_metadata]["stages"]
    if stages <= table["stages"]:
        problems.append(
            f"hypernetwork_table.stages ({table['stages']}) must be fewer than the "
            f"stages of its meta-data ({stages}), whose next one is predicted"
        )
    return problems + [
        f"hypernetwork_table.methods: {method!r} is not a method that predicts"
        for method in config["hypernetwork_table"]["methods"]
        if "predictor" not in plan.method(method)
    ]


def _metadata_problems(plan: "Plan", metadata: Settings) -> Iterator[str]:
    bounds = {"rate": metadata["rate"]}
    for number, draw in enumerate(metadata["optimizers"]):
        bounds[f"optimizers.{number}.learning_rate"] = draw["learning_rate"]
    for name, (low, high) in bounds.items():
        if low > high:
            yield f"{name}: its bounds {low}, {high} are in the wrong order"
    if max(metadata["rate"]) > 1:
        yield f"rate: wanted shares up to 1, found {max(metadata['rate'])}"
    if metadata["smallest_batch"] > metadata["largest_batch"]:
        yield (
            f"smallest_batch ({metadata['smallest_batch']}) is above largest_batch "
            f"({metadata['largest_batch']})"
        )
    rate, stages = exact_share(min(metadata["rate"])), metadata["stages"]
    shares = sum(rate**stage for stage in range(stages))
    left = floor(floor(metadata["images_seen"] / shares) * rate ** (stages - 1))
    if left < metadata["smallest_subset"]:
        yield (
            f"images_seen ({metadata['images_seen']}) leaves stage {stages - 1} "
            f"{left} images at rate {rate}, smallest_subset wants "
            f"{metadata['smallest_subset']}"
        )
    yield from _small_datasets(plan, metadata)


def _small_datasets(plan: "Plan", metadata: Settings) -> Iterator[str]:
    """Data sets that hold too few images for the steepest forgetting."""
    low, last = exact_share(min(metadata["rate"])), metadata["stages"] - 1
    wanted = ceil(metadata["smallest_subset"] / low**last)
    for name in metadata["datasets"]:
        held = plan.config["datasets"][name]["train"]
        if held is not None and held < wanted:
            yield (
                f"data set {name!r} has {held} training images; {wanted} are wanted "
                f"for {metadata['smallest_subset']} to be left at stage {last} at rate "
                f"{low}"
            )
