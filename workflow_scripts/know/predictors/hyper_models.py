"""The hyper-model that a method asks for a tensor's next value."""

from collections.abc import Mapping
from typing import TypeVar

from torch import Tensor

from know.errors import KnowError
from know.hypernetwork.hyper_model import HyperModel
from know.hypernetwork.network import Known

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.

Model = TypeVar("Model", bound=HyperModel)


def model_for(
    kind: str, models: Mapping[str, Model] | None, history_S: Tensor, *, method: str
) -> Model:
    """The hyper-model of a kind of tensor.

    Args:
        kind: of the tensor: conv, fc or bias.
        models: the hyper-model of each kind.
        history_S: weights, shape (stages, ...).
        method: name of the method; that of its architecture, but with underscores.

    Raises:
        KnowError: if there is none for `kind`, it is another method's, or it takes more
            stages than there are.
    """
    model = (models or {}).get(kind)
    if model is None:
        raise KnowError(
            f"{method} needs a hyper-model for tensors of kind {kind!r}, "
            f"got {', '.join(models) if models else 'none at all'}"
        )
    wanted = method.replace("_", "-")
    if model.architecture != wanted:
        raise KnowError(
            f"{method} needs a hyper-model of architecture {wanted!r} for tensors of "
            f"kind {kind!r}, got one of architecture {model.architecture!r}"
        )
    if len(history_S) < model.stages:
        raise KnowError(
            f"{method} needs weights of shape (stages >= {model.stages}, ...) for this "
            f"hyper-model of kind {kind!r}, got {tuple(history_S.shape)}"
        )
    return model


def residual_of(model: Known, window_S: Tensor) -> Tensor:
    """What a hyper-model adds to the newest stage, in the shape of one stage."""
    residual_N = model.residual(window_S.flatten(1).T)
    return residual_N.reshape(window_S.shape[1:]).to(window_S.dtype)
