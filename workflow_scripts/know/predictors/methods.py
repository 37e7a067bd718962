"""A method as a config or a command names it: a predictor and all that it needs."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError, raise_all
from know.hypernetwork.files import load, read_card
from know.predictors import PREDICTORS
from know.schema import line_of, mistakes, options_schema
from know.shipped import SHIPPED
from know.weights.kinds import PREDICTED_KINDS


def needs_hypernetwork(predictor: str) -> bool:
    """Tell whether a predictor of `PREDICTORS` predicts by a hypernetwork."""
    return bool(PREDICTORS.facts(predictor).get("NEEDS_HYPERNETWORK"))


def bound_method(
    predictor: str,
    *,
    options: Mapping[str, Any],
    hypernetworks: Mapping[str, Path],
    device: torch.device,
) -> partial[Tensor]:
    """Bind a predictor's options and hypernetworks.

    Args:
        predictor: name in `PREDICTORS`.
        options: options of the predictor, as a config states them.
        hypernetworks: file for each kind of tensor; none for most predictors.
        device: device to put hypernetworks on.

    Returns:
        A function, called as `predict(history, horizon=, rate=, kind=)`.

    Raises:
        KnowError: if there is no such predictor; naming each wrong option; or naming
            hypernetworks that are missing, damaged or for another kind of tensor.
    """
    check_options(predictor, options)
    function = partial(PREDICTORS[predictor], **options)
    if not hypernetworks:
        return function
    if not needs_hypernetwork(predictor):
        files = ", ".join(map(str, hypernetworks.values()))
        raise KnowError(f"predictor {predictor!r} takes no hypernetworks, got {files}")
    problems = [_problem(kind, path) for kind, path in hypernetworks.items()]
    raise_all([p for p in problems if p], "hypernetworks are not those wanted")
    models = {kind: load(path).to(device) for kind, path in hypernetworks.items()}
    return partial(function, models=models)


def _problem(kind: str, path: Path) -> str | None:
    """Tell what is wrong with a hypernetwork's file, if anything."""
    if not path.is_file():
        return f"{path}: wanted kind {kind!r}, found no file"
    found = read_card(path).get("kind")
    return f"{path}: wanted kind {kind!r}, found {found!r}" if found != kind else None


def bound_methods(
    methods: Sequence[Mapping[str, Any]], device: torch.device
) -> dict[str, Callable[..., Tensor]]:
    """Bind several methods by their ids, see `bound_method`.

    Args:
        methods: `method` (its id), `predictor`, `options` and `hypernetworks` (files
            for conv, fc and bias in this order, or none) of each.
        device: device to put hypernetworks on.
    """
    return {
        method["method"]: bound_method(
            method["predictor"],
            options=method["options"],
            hypernetworks=by_kind(method["hypernetworks"]),
            device=device,
        )
        for method in methods
    }


def check_options(predictor: str, options: Mapping[str, Any]) -> None:
    """Refuse options that a predictor's `OPTIONS` do not allow, naming each.

    Raises:
        KnowError: if there is no such predictor, or an option is wrong.
    """
    facts = PREDICTORS.facts(predictor)
    problems = map(line_of, mistakes(dict(options), options_schema(facts)))
    raise_all(list(problems), f"wrong options of predictor {predictor!r}")


def by_kind(files: Sequence[str | Path]) -> dict[str, Path]:
    """Name the kind of each of three files for conv, fc and bias; of none, none."""
    return dict(zip(PREDICTED_KINDS, map(Path, files), strict=True)) if files else {}


def files_in(folder: Path, predictor: str) -> dict[str, Path]:
    """Paths where `folder` should hold a predictor's hypernetworks, by their kind."""
    return by_kind([folder / f"{predictor}_{k}.safetensors" for k in PREDICTED_KINDS])


def shipped_stages(predictor: str) -> list[str]:
    """Numbers of stages that the package has hypernetworks of a predictor for."""
    folders = {2: "2", 3: "3", 4: "4", 5: "5 or more"}
    return [text for count, text in folders.items() if _has_shipped(predictor, count)]


def _has_shipped(predictor: str, num_stages: int) -> bool:
    try:
        return bool(shipped_files(predictor, num_stages))
    except KnowError:
        return False


def shipped_files(predictor: str, num_stages: int) -> dict[str, Path]:
    """Paths of the package's own hypernetworks by kind; none where none are needed.

    Raises:
        KnowError: if the package has none that read this many stages.
    """
    if not needs_hypernetwork(predictor):
        return {}
    shorter = SHIPPED / f"stages-{num_stages}"
    files = files_in(shorter if shorter.is_dir() else SHIPPED, predictor)
    if not all(path.is_file() for path in files.values()):
        raise KnowError(
            f"the package has no hypernetworks of {predictor} for {num_stages} stages; "
            "say in which folder yours are (--hypernetworks)"
        )
    return files
