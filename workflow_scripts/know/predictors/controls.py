"""Controls: what is left of a prediction without its direction, or without its norm.

A normalised layer's function does not change with the scale of its weights, but how
fast it learns does; so a prediction can help by its norm alone, or by moving at all.
"""

import torch
from torch import Tensor

from know.errors import KnowError
from know.predictors.contract import is_bad
from know.randomness import seed_for


def apply_control(
    name: str, tensor: str, base: Tensor, prediction: Tensor, *, seed: int
) -> Tensor:
    """Take from a predicted tensor what the control is there to take.

    Args:
        name: `same-norms` (Theta_0 at the prediction's norm), `base-norms` (the
            prediction at Theta_0's norm) or `random-direction` (a random step of the
            prediction's length).
        tensor: name of the tensor, for messages and its own draws.
        base: tensor of Theta_0.
        prediction: a method's prediction of it, of the same shape and dtype.
        seed: seed of the random steps of all tensors.

    Returns:
        A tensor of that shape and dtype.

    Raises:
        KnowError: if a value is not finite.
    """
    generator = torch.Generator().manual_seed(seed_for(seed, tensor))
    controlled = CONTROLS[name](base, prediction, generator)
    if is_bad(controlled):
        raise KnowError(f"{tensor!r}: the control {name} overflows")
    return controlled


def _same_norms(base: Tensor, prediction: Tensor, _: torch.Generator) -> Tensor:
    """Theta_0 scaled to the prediction's norm: the shrink with no trajectory."""
    return _rescaled(base, _norm(base), _norm(prediction))


def _base_norms(base: Tensor, prediction: Tensor, _: torch.Generator) -> Tensor:
    """The prediction scaled to Theta_0's norm: its direction alone."""
    return _rescaled(prediction.to(base.dtype), _norm(prediction), _norm(base))


def _random_direction(
    base: Tensor, prediction: Tensor, generator: torch.Generator
) -> Tensor:
    """Theta_0 and a Gaussian step, drawn on the CPU, as long as the prediction's."""
    length = _norm(prediction.double() - base.double())
    step = torch.randn(base.shape, generator=generator, dtype=torch.float64)
    if length == 0:
        return base.clone()
    step = step.to(base.device) * (length / _norm(step))
    return (base.double() + step).to(base.dtype)


CONTROLS = {
    "same-norms": _same_norms,
    "base-norms": _base_norms,
    "random-direction": _random_direction,
}


def _rescaled(weights: Tensor, norm: float, wanted: float) -> Tensor:
    # A tensor of norm 0 has no direction to be scaled along.
    if norm == 0:
        return weights.clone()
    return (weights.double() * (wanted / norm)).to(weights.dtype)


def _norm(weights: Tensor) -> float:
    return float(weights.double().norm())
