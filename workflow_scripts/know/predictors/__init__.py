"""Registry of the methods that predict weights, each loaded only when asked for.

A method's module is named here and never imported, so that the code version of one
method does not change with another's.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from know.errors import KnowError

if TYPE_CHECKING:
    from torch import Tensor

Predictor = Callable[..., "Tensor"]
"""`predict(history, *, horizon=1, rate=0.5, kind="conv", ...)`: tensor to tensor."""

_MODULES = {
    "ar1": "know.predictors.ar1",
    "consensus_ta": "know.predictors.consensus_ta",
    "exp_fit": "know.predictors.exp_fit",
    "known": "know.predictors.known",
    "known_plus": "know.predictors.known_plus",
    "linear_fit": "know.predictors.linear_fit",
    "linear_meta": "know.predictors.linear_meta",
    "log_fit": "know.predictors.log_fit",
    "mag_max": "know.predictors.mag_max",
    "nino_mlp": "know.predictors.nino_mlp",
    "shrink": "know.predictors.shrink",
    "task_vector": "know.predictors.task_vector",
    "ties": "know.predictors.ties",
    "tsv": "know.predictors.tsv",
    "wnn": "know.predictors.wnn",
}


class UnknownPredictorError(KnowError, KeyError):
    """No method has that name."""

    __str__ = ValueError.__str__


class _Registry(Mapping[str, Predictor]):
    """Name of a method -> its `predict`, importing the method's module on access."""

    def __getitem__(self, name: str) -> Predictor:
        predict: Predictor = importlib.import_module(module_of(name)).predict
        return predict

    def __contains__(self, name: object) -> bool:
        return name in _MODULES

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


def module_of(name: str) -> str:
    """Dotted name of the module that holds a method.

    Args:
        name: a key of `PREDICTORS`.

    Raises:
        UnknownPredictorError: if no method has that name.
    """
    if name not in _MODULES:
        raise UnknownPredictorError(
            f"wanted a predictor, one of {', '.join(_MODULES)}; got {name!r}"
        )
    return _MODULES[name]


PREDICTORS: Mapping[str, Predictor] = _Registry()
"""Every method by name. All share one signature; their modules document options."""
