"""Requests of a config that cannot be met, found before the first job.

Every problem is one line: where it is, what was wanted, what was found.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import floor
from typing import Any

from know.architectures import ARCHITECTURES
from know.errors import raise_all
from know.plan.config_checks import config_problems
from know.plan.method_checks import method_problems
from know.plan.networks import import_problems
from know.plan.requests import Request, Row, Settings

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
            *config_problems(config),
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
    yield from method_problems(request)
    yield from import_problems(request)
    yield from _impossible_sizes(request)
    for horizon in request.horizons:
        if request.tasks and horizon not in request.config["horizons"]:
            place = f"{request.place}.horizons"
            yield f"{place}: {horizon} is not among the config's horizons"


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
        run, read = row["run"], {"its data set": datasets[row["dataset"]]}
        network = config["architectures"][row["architecture"]]["architecture"]
        facts, size = ARCHITECTURES.facts(network), _size(datasets[row["dataset"]])
        content = "texts" if facts.get("READS_TEXTS") else "pictures"
        for task in request.tasks:
            read[f"task {task}"] = datasets[config["tasks"][task]["dataset"]]
        for owner, dataset in read.items():
            found = _size(dataset)
            held = "texts" if dataset.get("target") == "text" else "pictures"
            if held != content:
                yield f"run {run}: {network} reads {content}, {owner} has {held}"
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
