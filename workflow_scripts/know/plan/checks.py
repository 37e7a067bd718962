"""Requests of a config that cannot be met, found before the first job.

Every problem is one line: where it is, what was wanted, what was found.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor
from typing import Any

from know.architectures import ARCHITECTURES
from know.errors import raise_all
from know.plan.methods import selection_problems
from know.plan.requests import Request, Row, Settings, exact_share
from know.reporting.sample_figures import DRAWINGS

MAIN = "table1"
"""The table that every config has."""


def possible_tables(
    config: Settings, wanted: Mapping[str, Request], views: Mapping[str, Request]
) -> tuple[dict[str, Request], dict[str, list[str]]]:
    """Return the requests of all tables that are possible, and why others are not.

    Raises:
        KnowError: naming every problem of the main table, of Figure 3, or of what the
            config asks for besides tables.
    """
    tables, refused = {MAIN: wanted[MAIN]}, {}
    needed = [wanted[MAIN], *views.values()]
    problems = (
        [problem for request in needed for problem in _unknown_ids(request)]
        or [
            *_config_problems(config),
            *(problem for request in needed for problem in _problems(request)),
            *_landscape_problems(config, views),
        ]
        or list(_disagreements(needed))
    )
    raise_all(list(dict.fromkeys(problems)), "the config contradicts itself")
    for table, request in wanted.items():
        if table == MAIN:
            continue
        others = [*tables.values(), *views.values()]
        problems = (
            list(_unknown_ids(request))
            or list(_problems(request))
            or list(_disagreements([*others, request]))
        )
        if problems:
            refused[f"tables/{table}"] = list(dict.fromkeys(problems))
        else:
            tables[table] = request
    return tables, refused


# What one table or view asks for.


def _unknown_ids(request: Request) -> Iterator[str]:
    """Yield every id that a request names and nothing declares."""
    asked = {"tasks": request.tasks, "methods": request.methods}
    wanted = [
        (f"{request.place}.{section}", section, name)
        for section, names in asked.items()
        for name in names
    ]
    wanted += [
        (f"run {row['run']}", f"{column}s", row[column])
        for row in request.rows
        for column in ("dataset", "architecture")
    ]
    for place, section, name in wanted:
        declared = request.config[section]
        if name not in declared:
            yield (
                f"{place}: wanted one of {section} ({', '.join(declared)}), "
                f"found {name!r}"
            )


def _problems(request: Request) -> Iterator[str]:
    """Yield what a request cannot get, whatever the others want; its ids are known."""
    yield from _sheet_problems(request.rows)
    yield from _misfit_images(request)
    yield from _impossible_methods(request)
    yield from _impossible_questions(request)
    yield from _impossible_seeds(request)
    yield from selection_problems(request)
    yield from _impossible_sizes(request)
    for horizon in request.horizons:
        if request.tasks and horizon not in request.config["horizons"]:
            yield (
                f"{request.place}.horizons: {horizon} is not among the config's "
                "horizons"
            )


def _sheet_problems(rows: Sequence[Row]) -> Iterator[str]:
    """Yield rows of a run sheet that share a name, or are one run under two names."""
    for name, count in Counter(row["run"] for row in rows).items():
        if count > 1:
            yield f"the run sheet names {name!r} {count} times"
    by_content: dict[tuple[Any, ...], list[str]] = {}
    for row in rows:
        content = tuple(value for key, value in sorted(row.items()) if key != "run")
        by_content.setdefault(content, []).append(row["run"])
    for names in map(list, map(dict.fromkeys, by_content.values())):
        if len(names) > 1:
            yield (
                f"runs {', '.join(names)} are one and the same, counted {len(names)} "
                "times"
            )


def _misfit_images(request: Request) -> Iterator[str]:
    """Yield images that a run's network cannot read, or not with the run's weights."""
    config = request.config
    datasets = config["datasets"]
    for row in request.rows:
        run, size = row["run"], _size(datasets[row["dataset"]])
        network = config["architectures"][row["architecture"]]["architecture"]
        facts = ARCHITECTURES.facts(network)
        sizes = {"its data set": size}
        for task in request.tasks:
            sizes[f"task {task}"] = _size(datasets[config["tasks"][task]["dataset"]])
        for owner, found in sizes.items():
            if isinstance(found, list) and not facts.get("READS_NON_SQUARE"):
                yield f"run {run}: {network} reads squares, {owner} has {found}"
            sides = found if isinstance(found, list) else [found] if found else []
            smallest, step = facts.get("SMALLEST_SIZE", 1), facts.get("SIZE_STEP", 1)
            if any(side < smallest or side % step for side in sides):
                wanted = f"multiples of {step}" if step > 1 else f"at least {smallest}"
                yield f"run {run}: {network} reads {wanted} pixels, {owner} has {found}"
            if found != size and not facts.get("READS_ANY_SIZE"):
                yield f"run {run}: its images have size {size}, {owner} has {found}"


def _size(dataset: Settings) -> int | list[int] | None:
    """Return height and width of a data set's images, or the side of squares."""
    size: int | list[int] | None = dataset["size"]
    return size[0] if isinstance(size, list) and size[0] == size[1] else size


def _impossible_methods(request: Request) -> Iterator[str]:
    predicting = request.methods_with("predictor")
    for name in request.methods_with("of"):
        if (other := request.method(name)["of"]) not in predicting:
            yield (
                f"methods.{name}: it wants {other!r}, which is not a predicting "
                f"method that {request.place}.methods lists"
            )
    for name in request.methods_with("hypernetwork"):
        source = request.method(name)["hypernetwork"]
        training = request.config["hypernetworks"][source].get("training", {})
        if training.get("stages", 0) > request.stages:
            yield (
                f"methods.{name}: hypernetwork {source!r} reads "
                f"{training['stages']} stages, forgetting.stages is {request.stages}"
            )
    for name in request.methods:
        if not request.horizons_of(name):
            yield f"methods.{name}: its horizons are none of those of {request.place}"
    if "naive" not in request.methods:
        yield f"{request.place}.methods: 'naive' is missing, which rows compare to"


def _impossible_questions(request: Request) -> Iterator[str]:
    """Yield primary questions about rows that a table lacks."""
    primary = request.primary or {"methods": [], "against": []}
    normed = [
        request.method(name)["of"]
        for name in request.methods_with("of")
        if request.method(name).get("control") == "same-norms"
    ]
    possible = {
        "naive": [name for name in request.methods if name != "naive"],
        "same-norms": [name for name in request.methods if name in normed],
    }
    for against in primary["against"]:
        rows = possible[against]
        lacking = [name for name in primary["methods"] if name not in rows]
        if lacking:
            yield (
                f"{request.place}.primary: the rows to compare with {against} are "
                f"{', '.join(rows) or 'none'}; found {', '.join(lacking)}. Declare "
                "other methods, or null to ask nothing"
            )


def _impossible_seeds(request: Request) -> Iterator[str]:
    """Yield rows whose seeds a table limits although other rows are compared to them.

    Rows that the table lacks do no harm: an overlay may have replaced its `methods`.
    """
    following = ["naive", *request.methods_with("of")]
    if wrong := [name for name in request.seeds if name in following]:
        yield (
            f"{request.place}.seeds: wanted rows that no other row is compared with "
            f"and no controls, found {', '.join(wrong)}"
        )


def _impossible_sizes(request: Request) -> Iterator[str]:
    rate = request.rate
    if not 0 < rate < 1:
        yield f"forgetting.rate: wanted a share between 0 and 1, found {rate}"
        return
    last = request.stages - 1
    for row, of_run in request.by_run():
        largest = max(of_run.network_horizons())
        run, name, images = row["run"], row["dataset"], request.num_images(row)
        if floor(images * rate**last) < 1:
            yield (
                f"run {run}: stage {last} would have no image "
                f"({images} * ({rate})^{last})"
            )
        wanted = request.num_images(row, largest)
        held = request.config["datasets"][name]["train"]
        if held is not None and wanted > held:
            oracle = f" by its oracle x{request.factor(largest):g}" if largest else ""
            yield (
                f"run {run}: data set {name!r} has {held} training images, "
                f"{wanted} are wanted{oracle}; give it more images, or the run a "
                "smaller fraction"
            )


# What two tables or views ask for together.


def _disagreements(requests: Sequence[Request]) -> Iterator[str]:
    """Yield runs and networks that two requests train differently, under one name."""
    first: dict[str, tuple[str, Any]] = {}
    for request in requests:
        for name, way in _ways(request):
            other, known = first.setdefault(name, (request.place, way))
            if known != way:
                yield (
                    f"{name}: {other} and {request.place} train it with "
                    "different settings; give its runs other names, data sets, "
                    "architectures, seeds or numbers of images"
                )


def _ways(request: Request) -> Iterator[tuple[str, Any]]:
    """Yield each run and network with all that decides how it is made."""
    forgetting = [request.rate, request.stages, list(request.horizons)]
    for row, of_run in request.by_run():
        way = [row, request.pretraining, *forgetting, request.norm_layers]
        yield f"run {row['run']}", way
        for name, pretraining in of_run.networks(row):
            # Its name says which network it is and how many images it sees.
            yield f"network {name}", {**pretraining, "images": None}


def _landscape_problems(
    config: Settings, views: Mapping[str, Request]
) -> Iterator[str]:
    runs = Counter(row["run"] for view in views.values() for row in view.rows)
    for run, count in runs.items():
        if count > 1:
            yield (
                f"landscape.views: run {run} stands in {count} views, whose methods "
                "see different stages"
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


# What the config asks for, whatever its tables are.


def _config_problems(config: Settings) -> Iterator[str]:
    yield from _uneven_blocks(config)
    yield from _small_draws(config)
    yield from _misfit_models(config)
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
    for section in ("hypernetwork_table", "landscape"):
        for method in config[section]["methods"]:
            if "predictor" not in config["methods"][method]:
                yield f"{section}.methods: {method!r} is not a method that predicts"


def _uneven_blocks(config: Settings) -> Iterator[str]:
    """Yield numbers of trials or points that are no multiple of a job's."""
    blocks = [(f"tasks.{n}", "trials", task) for n, task in config["tasks"].items()]
    for place, items, section in (
        *blocks,
        ("landscape", "points", config["landscape"]),
    ):
        size = section[f"{items}_per_job"]
        if section[items] % size:
            yield (
                f"{place}: {items} ({section[items]}) must be a multiple of "
                f"{items}_per_job ({size}), so that more {items} leave the finished "
                "ones alone"
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


def _misfit_models(config: Settings) -> Iterator[str]:
    """Yield methods whose predictor wants another hypernetwork than they name."""
    for name, method in config["methods"].items():
        if "hypernetwork" in method:
            wanted, source = method["predictor"], method["hypernetwork"]
            found = config["hypernetworks"][source]["model"]
            if found != wanted:
                yield (
                    f"methods.{name}: predictor {wanted!r} wants a hypernetwork of "
                    f"model {wanted!r}, {source!r} is of model {found!r}"
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
