"""What a config asks for and cannot get, found before the first job."""

from collections.abc import Iterator, Mapping, Sequence
from math import floor
from typing import TYPE_CHECKING, Any

from know.plan.shares import exact_share

if TYPE_CHECKING:
    from know.plan.plan import Plan

Settings = Mapping[str, Any]


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
    yield "table1.task", "tasks", plan.task
    for method in plan.methods:
        yield "table1.methods", "methods", method
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
    for name in plan.trained_hypernetworks():
        metadata = config["hypernetworks"][name]["metadata"]
        for dataset in metadata["datasets"]:
            yield f"hypernetworks.{name}", "datasets", dataset
        for family in metadata["families"]:
            yield f"hypernetworks.{name}", "architectures", family


def _impossible_tasks(plan: "Plan") -> list[str]:
    datasets, tasks = plan.config["datasets"], plan.config["tasks"]
    problems = [
        f"tasks.{name}: trials ({task['trials']}) must be a multiple of "
        f"trials_per_job ({task['trials_per_job']}), so that more trials leave "
        "the finished ones alone"
        for name, task in tasks.items()
        if task["trials"] % task["trials_per_job"]
    ]
    wanted = datasets[tasks[plan.task]["dataset"]]["size"]
    sizes = {run: datasets[plan.run_dataset(run)]["size"] for run in plan.runs}
    return problems + [
        f"run {run}: its images have size {size}, task {plan.task} has {wanted}"
        for run, size in sizes.items()
        if size != wanted
    ]


def _impossible_methods(plan: "Plan") -> list[str]:
    problems = [
        f"methods.{name}: its method {plan.method(name)['of']!r} is not a "
        "predicting method that table1.methods lists"
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
        problems.append("table1.methods: 'naive' is missing, which rows compare to")
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
    return [
        f"hypernetworks.{name}: {problem}"
        for name in plan.trained_hypernetworks()
        for problem in _metadata_problems(plan, plan.config["hypernetworks"][name])
    ]


def _metadata_problems(plan: "Plan", hypernetwork: Settings) -> Iterator[str]:
    metadata, training = hypernetwork["metadata"], hypernetwork["training"]
    if metadata["stages"] <= training["stages"]:
        yield (
            f"metadata.stages ({metadata['stages']}) must be more than "
            f"training.stages ({training['stages']}), whose next one is learnt"
        )
    if training["held_out_shards"] >= metadata["shards"]:
        yield (
            f"training.held_out_shards ({training['held_out_shards']}) must be fewer "
            f"than metadata.shards ({metadata['shards']})"
        )
    for name in ("rate", "learning_rate"):
        low, high = metadata[name]
        if low > high:
            yield f"metadata.{name}: its bounds {low}, {high} are in the wrong order"
    if max(metadata["rate"]) > 1:
        yield f"metadata.rate: wanted shares up to 1, found {max(metadata['rate'])}"
    last = metadata["stages"] - 1
    lowest = exact_share(min(metadata["rate"]))
    if floor(metadata["images"] * lowest**last) < 1:
        yield (
            f"metadata: stage {last} could have no image "
            f"({metadata['images']} * ({lowest})^{last})"
        )
    for name in metadata["datasets"]:
        held = plan.config["datasets"][name]["train"]
        if held is not None and held < metadata["images"]:
            yield (
                f"data set {name!r} has {held} training images, metadata.images "
                f"wants {metadata['images']}"
            )
