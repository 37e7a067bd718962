"""Requests of a config that cannot be met, found before the first job.

Each function returns one line per problem: where it is, what was wanted, what was
found.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor
from typing import Any

from know.architectures import ARCHITECTURES
from know.plan.requests import (
    Request,
    Settings,
    architecture_of,
    exact_share,
    factor,
    network_id,
    num_images,
    oracle_horizons,
)
from know.reporting.sample_figures import DRAWINGS

# Ids.


def unknown_ids(config: Settings, requests: Sequence[Request]) -> list[str]:
    """List every id that the config or a request names and nothing declares."""
    wanted = [
        *(wanted for request in requests for wanted in _requested_ids(request)),
        *_configured_ids(config),
    ]
    return [
        f"{place}: wanted one of {section} ({', '.join(config[section])}), "
        f"found {name!r}"
        for place, section, name in dict.fromkeys(wanted)
        if name not in config[section]
    ]


def _requested_ids(request: Request) -> Iterator[tuple[str, str, str]]:
    """Yield where an id stands, the section that should declare it, and the id."""
    for task in request.tasks:
        yield f"{request.place}.tasks", "tasks", task
    for method in request.methods:
        yield f"{request.place}.methods", "methods", method
    for row in request.rows:
        yield f"run {row['run']}", "datasets", row["dataset"]
        yield f"run {row['run']}", "architectures", row["architecture"]


def _configured_ids(config: Settings) -> Iterator[tuple[str, str, str]]:
    for name, task in config["tasks"].items():
        yield f"tasks.{name}", "datasets", task["dataset"]
    for name, method in config["methods"].items():
        if "of" in method:
            yield f"methods.{name}", "methods", method["of"]
        if "hypernetwork" in method:
            yield f"methods.{name}", "hypernetworks", method["hypernetwork"]
        for selected in method.get("select", []):
            yield f"methods.{name}", "methods", selected
    for name, hypernetwork in config["hypernetworks"].items():
        if hypernetwork["source"] == "trained":
            yield f"hypernetworks.{name}", "metadata", hypernetwork["metadata"]
    for name, metadata in config["metadata"].items():
        for dataset in [*metadata["datasets"], *metadata["held_out"]["datasets"]]:
            yield f"metadata.{name}", "datasets", dataset
        for family in [*metadata["families"], *metadata["held_out"]["families"]]:
            yield f"metadata.{name}", "architectures", family
    yield "selection.table", "tables", config["selection"]["table"]
    table = config["hypernetwork_table"]
    yield "hypernetwork_table.metadata", "metadata", table["metadata"]
    for method in table["methods"]:
        yield "hypernetwork_table.methods", "methods", method


# What one table or view asks for.


def request_problems(request: Request) -> list[str]:
    """List what a table or view asks for and cannot get, whatever the others want.

    Args:
        request: all of its ids are declared.
    """
    return [
        *_sheet_problems(request.rows),
        *_misfit_images(request),
        *_impossible_methods(request),
        *_impossible_selections(request),
        *_impossible_sizes(request),
    ]


def table_problems(config: Settings, request: Request) -> list[str]:
    """List what a table asks for and cannot get, whatever the others want.

    Args:
        config: the config without the table's own settings over it.
        request: all of its ids are declared.
    """
    return request_problems(request) + [
        f"{request.place}.horizons: {horizon} is not among the config's horizons"
        for horizon in request.horizons
        if horizon not in config["horizons"]
    ]


def _sheet_problems(rows: Sequence[Settings]) -> list[str]:
    """List rows of a run sheet that share a name, or are one run under two names."""
    counts = Counter(row["run"] for row in rows)
    by_content: dict[tuple[Any, ...], list[str]] = {}
    for row in rows:
        content = tuple(value for key, value in sorted(row.items()) if key != "run")
        by_content.setdefault(content, []).append(row["run"])
    alike = [list(dict.fromkeys(names)) for names in by_content.values()]
    return [
        f"the run sheet names {name!r} {count} times"
        for name, count in counts.items()
        if count > 1
    ] + [
        f"runs {', '.join(names)} are one and the same, counted {len(names)} times"
        for names in alike
        if len(names) > 1
    ]


def _misfit_images(request: Request) -> Iterator[str]:
    """Yield images that a run's network cannot read, or not with the run's weights."""
    datasets = request.config["datasets"]
    tasks = {task: request.config["tasks"][task]["dataset"] for task in request.tasks}
    wanted = {task: _size(datasets[name]) for task, name in tasks.items()}
    for row in request.rows:
        run, size = row["run"], _size(datasets[row["dataset"]])
        network = architecture_of(request, row)["architecture"]
        facts = ARCHITECTURES.facts(network)
        if not facts.get("READS_NON_SQUARE"):
            owners = {"its data set": size}
            owners |= {f"task {task}": found for task, found in wanted.items()}
            for owner, found in owners.items():
                if isinstance(found, list):
                    yield f"run {run}: {network} reads squares, {owner} has {found}"
        if not facts.get("READS_ANY_SIZE"):
            for task, found in wanted.items():
                if found != size:
                    yield (
                        f"run {run}: its images have size {size}, task {task} has "
                        f"{found}"
                    )


def _size(dataset: Settings) -> int | list[int] | None:
    """Return height and width of a data set's images, or the side of squares."""
    size: int | list[int] | None = dataset["size"]
    return size[0] if isinstance(size, list) and size[0] == size[1] else size


def _impossible_methods(request: Request) -> list[str]:
    config, predicting = request.config, request.methods_with("predictor")
    problems = [
        f"methods.{name}: its method {config['methods'][name]['of']!r} is not a "
        f"predicting method that {request.place}.methods lists"
        for name in request.methods_with("of")
        if config["methods"][name]["of"] not in predicting
    ]
    for name in request.methods_with("hypernetwork"):
        source = config["methods"][name]["hypernetwork"]
        training = config["hypernetworks"][source].get("training", {})
        if training.get("stages", 0) > request.stages:
            problems.append(
                f"methods.{name}: hypernetwork {source!r} reads "
                f"{training['stages']} stages, forgetting.stages is {request.stages}"
            )
    if "naive" not in request.methods:
        problems.append(
            f"{request.place}.methods: 'naive' is missing, which rows compare to"
        )
    return problems


def _impossible_selections(request: Request) -> list[str]:
    config, selecting = request.config, request.methods_with("select")
    problems = [
        f"methods.{name}: it cannot select {selected!r}, which is not a predicting "
        f"method that {request.place}.methods lists"
        for name in selecting
        for selected in config["methods"][name]["select"]
        if selected not in request.methods_with("predictor")
    ]
    if not selecting:
        return problems
    selection = config["selection"]
    for row in request.rows:
        run, dataset = row["run"], config["datasets"][row["dataset"]]
        is_probed_on_d0 = selection["split"] == "d0"
        held = num_images(request, row) if is_probed_on_d0 else dataset["test"]
        images = min(selection["images"], held or selection["images"])
        held_out = max(1, round(selection["share"] * images))
        if dataset.get("target", "classes") != "classes":
            problems.append(
                f"run {run}: selection probes networks that were pre-trained on "
                f"classes, {row['dataset']!r} has {dataset['target']}"
            )
        if held_out >= images:
            problems.append(
                f"run {run}: selection holds {held_out} of {images} images of split "
                f"{selection['split']!r} out, none is left to train on"
            )
    return problems


def _impossible_sizes(request: Request) -> list[str]:
    rate = request.rate
    if not 0 < rate < 1:
        return [f"forgetting.rate: wanted a share between 0 and 1, found {rate}"]
    problems = []
    last, largest = request.stages - 1, max([0, *oracle_horizons(request)])
    for row in request.rows:
        run, name, images = row["run"], row["dataset"], num_images(request, row)
        if floor(images * rate**last) < 1:
            problems.append(
                f"run {run}: stage {last} would have no image "
                f"({images} * ({rate})^{last})"
            )
        wanted = num_images(request, row, largest)
        held = request.config["datasets"][name]["train"]
        if held is not None and wanted > held:
            problems.append(
                f"run {run}: data set {name!r} has {held} training images, "
                f"{wanted} are wanted"
                + (f" by its oracle x{factor(request, largest):g}" if largest else "")
            )
    return problems


# What two tables or views ask for together.


def disagreements(requests: Sequence[Request]) -> list[str]:
    """List runs and networks that two requests make differently, under one name."""
    problems = []
    first: dict[str, tuple[str, Any]] = {}
    for request in requests:
        for name, way in _ways(request):
            other, known = first.setdefault(name, (request.place, way))
            if known != way:
                problems.append(
                    f"{name}: {other} and {request.place} make it in different "
                    "ways; give its runs other names, data sets, architectures, seeds "
                    "or numbers of images"
                )
    return list(dict.fromkeys(problems))


def _ways(request: Request) -> Iterator[tuple[str, Any]]:
    """Yield each run and network with all that decides how it is made."""
    forgetting = [request.rate, request.stages, list(request.horizons)]
    for row in request.rows:
        yield (
            f"run {row['run']}",
            [
                row,
                request.pretraining,
                *forgetting,
                request.norm_layers,
            ],
        )
        for horizon in [0, *oracle_horizons(request)]:
            # Its name says what network it is and how many images it sees.
            way = {**request.pretraining, "images": None}
            yield f"network {network_id(request, row, horizon)}", way


def landscape_problems(config: Settings, views: Mapping[str, Request]) -> list[str]:
    """List what Figure 3 asks for and cannot get.

    Args:
        config: all of its ids are declared.
        views: request of each view.
    """
    section = config["landscape"]
    problems = [
        f"landscape.methods: {name!r} is no method that predicts"
        for name in section["methods"]
        if "predictor" not in config["methods"][name]
    ]
    standing = Counter(row["run"] for view in views.values() for row in view.rows)
    problems += [
        f"landscape.views: run {run} stands in {count} views, whose methods see "
        "different stages"
        for run, count in standing.items()
        if count > 1
    ]
    if section["points"] % section["points_per_job"]:
        problems.append(
            f"landscape: points ({section['points']}) must be a multiple of "
            f"points_per_job ({section['points_per_job']}), so that more points "
            "leave the finished ones alone"
        )
    return problems


def sample_problems(shown: Settings, tables: Mapping[str, Request]) -> list[str]:
    """List what figures of samples want and their tables do not have.

    Args:
        shown: sections of the config by figure.
        tables: request of every table that is possible.
    """
    return [
        f"samples.{figure}.{problem}"
        for figure, section in shown.items()
        for problem in _sample_problems(section, tables)
    ]


def _sample_problems(section: Settings, tables: Mapping[str, Request]) -> list[str]:
    table = section["table"]
    if table not in tables:
        return [f"table: wanted one of {', '.join(tables)}, found {table!r}"]
    request = tables[table]
    name = request.tasks[0]
    task = request.config["tasks"][name]
    if task["type"] not in DRAWINGS:
        return [
            f"table: wanted a task of {' or '.join(DRAWINGS)}, task {name!r} of "
            f"{table} is one of {task['type']}"
        ]
    problems = [
        f"methods: {method!r} is not among those of {table}"
        for method in section["methods"]
        if method not in request.methods
    ]
    # Types without the option keep a sample of every test image.
    kept = task.get("options", {}).get("samples")
    if kept is not None and section["images"] > kept:
        problems.append(
            f"images: wanted {section['images']}, task {name!r} keeps the samples of "
            f"{kept}"
        )
    return problems


# What the config asks for, whatever its tables are.


def config_problems(config: Settings) -> list[str]:
    """List what the sections of a config ask for and cannot get.

    Args:
        config: all of its ids are declared.
    """
    return [
        *_uneven_blocks(config),
        *_misfit_models(config),
        *_impossible_metadata(config),
        *_impossible_comparison(config),
    ]


def _uneven_blocks(config: Settings) -> list[str]:
    return [
        f"tasks.{name}: trials ({task['trials']}) must be a multiple of "
        f"trials_per_job ({task['trials_per_job']}), so that more trials leave "
        "the finished ones alone"
        for name, task in config["tasks"].items()
        if task["trials"] % task["trials_per_job"]
    ]


def _misfit_models(config: Settings) -> list[str]:
    """List methods whose predictor wants another hypernetwork than they name."""
    problems = []
    for name, method in config["methods"].items():
        if "hypernetwork" in method:
            wanted = method["predictor"]
            found = config["hypernetworks"][method["hypernetwork"]]["model"]
            if found != wanted:
                problems.append(
                    f"methods.{name}: predictor {wanted!r} wants a "
                    f"hypernetwork of model {wanted!r}, {method['hypernetwork']!r} is "
                    f"of model {found!r}"
                )
    return problems


def _impossible_metadata(config: Settings) -> list[str]:
    problems = [
        f"metadata.{name}: {problem}"
        for name, metadata in config["metadata"].items()
        for problem in _metadata_problems(config, metadata)
    ]
    for name, hypernetwork in config["hypernetworks"].items():
        if hypernetwork["source"] != "trained":
            continue
        stages = config["metadata"][hypernetwork["metadata"]]["stages"]
        wanted = hypernetwork["training"]["stages"]
        if stages <= wanted:
            problems.append(
                f"hypernetworks.{name}: its meta-data's stages ({stages}) must be more "
                f"than training.stages ({wanted}), whose next one is learnt"
            )
    return problems


def _metadata_problems(config: Settings, metadata: Settings) -> Iterator[str]:
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
    # The steepest forgetting leaves the fewest images.
    rate, last = exact_share(min(metadata["rate"])), metadata["stages"] - 1
    smallest = metadata["smallest_subset"]
    shares = sum(rate**stage for stage in range(last + 1))
    left = floor(floor(metadata["images_seen"] / shares) * rate**last)
    if left < smallest:
        yield (
            f"images_seen ({metadata['images_seen']}) leaves stage {last} {left} "
            f"images at rate {rate}, smallest_subset wants {smallest}"
        )
    wanted = ceil(smallest / rate**last)
    for name in metadata["datasets"]:
        held = config["datasets"][name]["train"]
        if held is not None and held < wanted:
            yield (
                f"data set {name!r} has {held} training images; {wanted} are wanted "
                f"for {smallest} to be left at stage {last} at rate {rate}"
            )


def _impossible_comparison(config: Settings) -> list[str]:
    table = config["hypernetwork_table"]
    problems = []
    if table["reference"] not in table["methods"]:
        problems.append(
            f"hypernetwork_table.reference: {table['reference']!r} is not among its "
            "methods"
        )
    stages = config["metadata"][table["metadata"]]["stages"]
    if stages <= table["stages"]:
        problems.append(
            f"hypernetwork_table.stages ({table['stages']}) must be fewer than the "
            f"stages of its meta-data ({stages}), whose next one is predicted"
        )
    return problems + [
        f"hypernetwork_table.methods: {method!r} is not a method that predicts"
        for method in table["methods"]
        if "predictor" not in config["methods"][method]
    ]
