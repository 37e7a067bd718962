"""Controls: what is left of a prediction without its direction, or without its norm.

A normalised layer's function does not change with the scale of its weights, but how
fast it learns does; so a prediction can help by its norm alone, or by moving at all.
"""

import torch
from torch import Tensor


def same_norms(base: Tensor, prediction: Tensor) -> Tensor:
    """Theta_0 scaled to the prediction's norm: the shrink with no trajectory.

    Args:
        base: Theta_0's weights, any shape.
        prediction: the predicted ones, of the same shape.

    Returns:
        The scaled weights, of `base`'s dtype; zeros stay zeros.
    """
    return _rescaled(base, _norm(base), _norm(prediction))


def base_norms(base: Tensor, prediction: Tensor) -> Tensor:
    """The prediction scaled to Theta_0's norm: its direction alone.

    Args:
        base: Theta_0's weights, any shape.
        prediction: the predicted ones, of the same shape.

    Returns:
        The scaled weights, of `base`'s dtype; zeros stay zeros.
    """
    return _rescaled(prediction.to(base.dtype), _norm(prediction), _norm(base))


def random_direction(
    base: Tensor, prediction: Tensor, *, generator: torch.Generator
) -> Tensor:
    """Theta_0 and a Gaussian step of the same length as the prediction's.

    Args:
        base: Theta_0's weights, any shape.
        prediction: the predicted ones, of the same shape.
        generator: source of the step, on the CPU, so that devices agree.

    Returns:
        The moved weights, of `base`'s dtype; `base` itself, copied, where the
        prediction took no step.
    """
    length = _norm(prediction.double() - base.double())
    step = torch.randn(base.shape, generator=generator, dtype=torch.float64)
    if length == 0:
        return base.clone()
    step = step.to(base.device) * (length / _norm(step))
    return (base.double() + step).to(base.dtype)


def _rescaled(weights: Tensor, norm: float, wanted: float) -> Tensor:
    # A tensor of norm 0 has no direction to be scaled along.
    if norm == 0:
        return weights.clone()
    return (weights.double() * (wanted / norm)).to(weights.dtype)


def _norm(weights: Tensor) -> float:
    return float(weights.double().norm())
