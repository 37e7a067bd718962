"""ExpFit: an exponential through each weight's stages."""

import logging

import torch
from torch import Tensor

from know.predictors.contract import checked

log = logging.getLogger("know")

# Shape suffixes: S stages (oldest knowledge first), N weights, G grid points.

PREDICTS_WINDOWS = True
_BOUND = 1.0
"""Largest |b|. Noise is fitted best by a spike through Theta_0, b -> infinity; without
a bound the method diverges."""
_GRID_POINTS = 41
_BISECTIONS = 40
_CHUNK = 2**14
"""Weights at once: a dozen float64 vectors of this length stay in a core's cache."""


@checked("exp-fit", widen=False)
def predict(history: Tensor, *, horizon: int, rate: float, kind: str) -> Tensor:
    """Follow the least-squares curve a e^(b t) of each weight, t the stage.

    Source: baseline ExpFit of Jang et al. (arXiv 2508.05059), which gives no formula.
    A weight whose prediction does not fit the dtype of `history` stays Theta_0's, and
    the log says how many do. Decision 8.
    """
    flat_SN = history.flatten(1)
    prediction_N = torch.empty_like(flat_SN[-1])
    for start in range(0, flat_SN.shape[1], _CHUNK):
        columns = slice(start, start + _CHUNK)
        chunk_SN = flat_SN[:, columns].double()
        prediction_N[columns] = _follow_exponential(chunk_SN, horizon)
    overflown_N = ~torch.isfinite(prediction_N)
    if count := int(overflown_N.sum()):
        log.warning("exp-fit: %d weights overflow and stay as in Theta_0", count)
        prediction_N = torch.where(overflown_N, flat_SN[-1], prediction_N)
    return prediction_N.reshape(history.shape[1:])


def _follow_exponential(history_SN: Tensor, horizon: int) -> Tensor:
    # Scaled rows: their squares neither overflow nor vanish.
    largest_N = history_SN.abs().amax(dim=0)
    scale_N = torch.where(largest_N > 0, largest_N, 1.0)
    scaled_SN = history_SN / scale_N
    rate_N = _fitted_rates(scaled_SN)
    product_N, square_N, *_ = _moments(scaled_SN, rate_N)
    value_N = scale_N * product_N / square_N * (horizon * rate_N).exp()
    is_constant_N = (history_SN == history_SN[-1]).all(dim=0)
    return torch.where(is_constant_N, history_SN[-1], value_N)


def _fitted_rates(scaled_SN: Tensor) -> Tensor:
    """Least-squares b in [-_BOUND, _BOUND]: the best of a grid, then bisection.

    The squares left over are sum y^2 - (sum y f)^2 / sum f^2 with f = e^(b (t - S)),
    so the last term is to be largest. Ties go to the smallest |b|, then to -|b|.
    """
    spacing = 2 * _BOUND / (_GRID_POINTS - 1)
    indices = range(-(_GRID_POINTS // 2), _GRID_POINTS // 2 + 1)
    ordered = sorted(indices, key=lambda index: (abs(index), index))
    rate_G = scaled_SN.new_tensor([index * spacing for index in ordered])
    age_S = torch.arange(len(scaled_SN) - 1, -1, -1).to(scaled_SN)
    curve_GS = (-rate_G[:, None] * age_S).exp()
    explained_GN = (curve_GS @ scaled_SN).square()
    # Of equal values, `max` gives the first.
    best_N, chosen_N = (explained_GN / curve_GS.square().sum(1)[:, None]).max(dim=0)
    rate_N = rate_G[chosen_N]
    low_N = (rate_N - spacing).clamp(min=-_BOUND)
    high_N = (rate_N + spacing).clamp(max=_BOUND)
    for _ in range(_BISECTIONS):
        middle_N = (low_N + high_N) / 2
        product_N, square_N, product_slope_N, square_slope_N = _moments(
            scaled_SN, middle_N
        )
        # The sign of the explained part's derivative.
        slope_N = 2 * product_slope_N * square_N - product_N * square_slope_N
        rises_N = slope_N * product_N > 0
        low_N = torch.where(rises_N, middle_N, low_N)
        high_N = torch.where(rises_N, high_N, middle_N)
    refined_N = (low_N + high_N) / 2
    is_better_N = _explained(scaled_SN, refined_N) > best_N
    return torch.where(is_better_N, refined_N, rate_N)


def _explained(scaled_SN: Tensor, rate_N: Tensor) -> Tensor:
    product_N, square_N, *_ = _moments(scaled_SN, rate_N)
    return product_N.square() / square_N


def _moments(
    scaled_SN: Tensor, rate_N: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sum y f, sum f^2 and their derivatives by b, f = e^(b (t - S)), f(S) = 1."""
    decay_N = (-rate_N).exp()
    product_N = scaled_SN[-1].clone()
    square_N = torch.ones_like(decay_N)
    product_slope_N = torch.zeros_like(product_N)
    square_slope_N = torch.zeros_like(square_N)
    curve_N = torch.ones_like(decay_N)
    for age in range(1, len(scaled_SN)):
        curve_N = curve_N * decay_N
        term_N = scaled_SN[-1 - age] * curve_N
        product_N += term_N
        product_slope_N -= age * term_N
        square_N += curve_N.square()
        square_slope_N -= 2 * age * curve_N.square()
    return product_N, square_N, product_slope_N, square_slope_N
