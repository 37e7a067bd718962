"""Which methods can run, and the hyper-models of those that need some."""

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from know.errors import KnowError, raise_all
from know.hypernetwork.files import load, read_card
from know.predictors import PREDICTORS
from know.predictors.diagnosis.methods import Method
from know.shipped import SHIPPED


def usable_methods(
    directory: Path | None, *, kinds: Collection[str]
) -> tuple[dict[str, Method], tuple[str, ...]]:
    """Every method of `PREDICTORS` that has what it needs.

    Args:
        directory: holds `{method}_{kind}.safetensors`; None for the package's own.
        kinds: of the tensors to predict.

    Returns:
        The methods by name, hyper-models bound, and the names of those left out for
        want of hyper-models.

    Raises:
        KnowError: if the directory holds no hyper-model of any method, or one that is
            damaged or says that it is of another kind.
    """
    methods: dict[str, Method] = {}
    left_out = []
    needing = [n for n in PREDICTORS if PREDICTORS.facts(n).get("NEEDS_HYPERNETWORK")]
    for name, method in PREDICTORS.items():
        if name not in needing:
            methods[name] = method
        elif models := _models_of(name, directory, kinds):
            methods[name] = partial(method, models=models)
        else:
            left_out.append(name)
    if directory and len(left_out) == len(needing):
        wanted = [f"{name}_KIND.safetensors" for name in needing]
        raise KnowError(
            f"wanted hyper-models in {directory}, found none of {', '.join(wanted)} "
            f"for kinds {', '.join(kinds)}"
        )
    return methods, tuple(left_out)


def _models_of(
    method: str, directory: Path | None, kinds: Collection[str]
) -> dict[str, Any]:
    paths = {
        kind: (directory or SHIPPED) / f"{method}_{kind}.safetensors" for kind in kinds
    }
    paths = {kind: path for kind, path in paths.items() if path.is_file()}
    found = {kind: read_card(path).get("kind") for kind, path in paths.items()}
    raise_all(
        [
            f"{paths[kind]}: wanted kind {kind!r}, found kind {found[kind]!r}"
            for kind in paths
            if found[kind] != kind
        ],
        "hyper-models are not of the kind that their names say",
    )
    return {kind: load(path) for kind, path in paths.items()}
