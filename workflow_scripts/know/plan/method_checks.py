"""Methods that a table, Figure 3 or the config cannot have, found before the first job.

As in `know.plan.checks`, every problem is one line.
"""

from collections.abc import Iterator, Sequence
from math import ceil, inf
from pathlib import Path

from know.cards import read_card
from know.errors import KnowError
from know.plan.hypernetworks import hypernetwork_files
from know.plan.requests import AVERAGES, Request, Settings
from know.predictors import PREDICTORS


def method_problems(request: Request) -> Iterator[str]:
    """Yield methods that a table or view cannot have; their ids are known."""
    yield from _impossible_methods(request)
    yield from _impossible_questions(request)
    yield from _impossible_seeds(request)
    yield from _selection_problems(request)
    # Methods of a view see fewer stages than its trajectories have.
    if request.tasks:
        yield from reach_problems(
            request.config,
            request.methods_with("predictor"),
            stages=("forgetting.stages", request.stages),
            # All up to the last are predicted by one job.
            horizon=("horizons", max(request.config["horizons"])),
        )


def _impossible_methods(request: Request) -> Iterator[str]:
    predicting = request.methods_with("predictor")
    for name in request.methods_with("of"):
        if (other := request.method(name)["of"]) not in predicting:
            yield (
                f"methods.{name}: it wants {other!r}, which is not a predicting "
                f"method that {request.place}.methods lists"
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


def reach_problems(
    config: Settings,
    methods: Sequence[str],
    *,
    stages: tuple[str, int],
    horizon: tuple[str, int],
) -> Iterator[str]:
    """Yield predicting methods that want more stages than they get.

    Args:
        config: completed config.
        methods: ids of methods that predict.
        stages: name and value of the setting of the stages that they get.
        horizon: name and value of the setting of the last horizon.
    """
    (setting, count), (place, last) = stages, horizon
    for name in methods:
        method = config["methods"][name]
        facts = PREDICTORS.facts(method["predictor"])
        mirrored, options = facts.get("MIRRORS_STAGES"), method.get("options", {})
        mirrors = mirrored is not None and all(
            options.get(key, value) == value for key, value in mirrored.items()
        )
        if mirrors and last >= count:
            yield (
                f"methods.{name}: {method['predictor']} mirrors a stage for each that "
                f"it predicts, so {setting} ({count}) must be above the last of "
                f"{place} ({last})"
            )
        bounds: dict[str, tuple[str, float]] = {"stages": (setting, count)}
        source = method.get("hypernetwork")
        if source and not _is_misfit(config, method):
            seen, outputs = _reads(config, source)
            if seen > count:
                yield (
                    f"methods.{name}: hypernetwork {source!r} reads {seen} stages, "
                    f"{setting} is {count}"
                )
            bounds["outputs"] = (f"the outputs of hypernetwork {source!r}", outputs)
        for option, form in facts.get("OPTIONS", {}).items():
            bound = bounds.get(form.get("at_most"))
            if bound and options.get(option, 0) > bound[1]:
                yield (
                    f"methods.{name}.options.{option}: {options[option]} is above "
                    f"{bound[0]} ({bound[1]})"
                )


def _reads(config: Settings, hypernetwork: str) -> tuple[int, float]:
    """Return the stages that a hypernetwork reads, and the number of its outputs.

    A file that is not there or damaged is told by the job that wants it.
    """
    section = config["hypernetworks"][hypernetwork]
    if section["source"] == "trained":
        return section["training"]["stages"], inf
    try:
        card = read_card(Path(hypernetwork_files(config, hypernetwork)[0]))
        return int(card["stages"]), card.get("settings", {}).get("horizons", inf)
    except (KnowError, LookupError, TypeError):
        return 0, inf


def misfit_models(config: Settings) -> Iterator[str]:
    """Yield methods whose predictor wants another hypernetwork than they name."""
    for name, method in config["methods"].items():
        if _is_misfit(config, method):
            wanted, source = method["predictor"], method["hypernetwork"]
            yield (
                f"methods.{name}: predictor {wanted!r} wants a hypernetwork of model "
                f"{wanted!r}, {source!r} is of model "
                f"{config['hypernetworks'][source]['model']!r}"
            )


def _is_misfit(config: Settings, method: Settings) -> bool:
    source = method.get("hypernetwork")
    wanted = method.get("predictor")
    return bool(source) and config["hypernetworks"][source]["model"] != wanted


def _selection_problems(request: Request) -> Iterator[str]:
    """Yield candidates that cannot be selected, and runs that cannot be probed."""
    selecting = request.methods_with("select")
    for name in selecting:
        definition = request.method(name)
        wanted, default = definition["select"], definition["default"]
        possible = [other for other in wanted if _is_selectable(request, other)]
        if wrong := {*wanted, default}.difference(possible):
            yield (
                f"methods.{name}: wanted candidates that {request.place}.methods lists "
                "and that D_0 and a trajectory give, and one of them as default; found "
                f"{', '.join(sorted(wrong))}"
            )
    images = request.config["selection"]["images"]
    for row in request.rows if selecting else ():
        place, name = f"run {row['run']}: selection", row["dataset"]
        dataset = request.config["datasets"][name]
        if dataset.get("target", "classes") != "classes":
            yield (
                f"{place} probes networks that were pre-trained on classes, {name!r} "
                f"has {dataset['target']}"
            )
        half = ceil(dataset["test"] / 2) if dataset["test"] else images + 1
        if half <= images:
            yield (
                f"{place} wants {images} images to train on and others to measure, "
                f"half of the test split of {name!r} has {half}"
            )


def _is_selectable(request: Request, method: str) -> bool:
    if method not in request.methods:
        return False
    definition = request.method(method)
    is_own = definition.get("weights") in ("base", *AVERAGES)
    return is_own or "predictor" in definition or "fit" in definition
