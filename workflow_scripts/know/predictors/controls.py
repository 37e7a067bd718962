"""Controls: what is left of a prediction without its direction, or without its norm.

A normalised layer's function does not change with the scale of its weights, but how
fast it learns does; so a prediction can help by its norm alone, or by moving at all.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from know.errors import raise_all
from know.predictors.assemble import layout_problems, value_problems
from know.predictors.contract import is_bad
from know.randomness import seed_for
from know.weights.checkpoint import State
from know.weights.kinds import PREDICTED_KINDS


def apply_control(
    name: str,
    base_state: Mapping[str, Tensor],
    predicted_state: Mapping[str, Tensor],
    kinds: Mapping[str, str],
    *,
    seed: int,
) -> State:
    """Replace each predicted tensor by a control of it.

    Args:
        name: `same-norms` (Theta_0 at the prediction's norms), `base-norms` (the
            prediction at Theta_0's norms) or `random-direction` (a random step of the
            prediction's length).
        base_state: Theta_0.
        predicted_state: a method's prediction from it.
        kinds: conv, fc, bias, norm or buffer for every tensor.
        seed: seed of the random steps; each tensor draws from a generator of its own.

    Returns:
        A state dict; tensors that are not predicted are as in `predicted_state`.

    Raises:
        KnowError: naming each tensor that has no kind, is missing from one state,
            differs in shape or dtype, or is not finite, before or after.
    """
    states = [base_state, predicted_state]
    problems = layout_problems(states, kinds) + value_problems(states)
    raise_all(problems, "the states cannot be compared")
    controlled: State = {}
    for tensor, base in base_state.items():
        prediction = predicted_state[tensor].detach()
        if kinds[tensor] in PREDICTED_KINDS:
            generator = torch.Generator().manual_seed(seed_for(seed, tensor))
            controlled[tensor] = CONTROLS[name](base.detach(), prediction, generator)
        else:
            controlled[tensor] = prediction.clone()
    raise_all(
        [f"{t!r} is not finite" for t, value in controlled.items() if is_bad(value)],
        f"the control {name} overflows",
    )
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
