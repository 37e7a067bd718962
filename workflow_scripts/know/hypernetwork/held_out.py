"""Error of a hypernetwork, relative to copying, on windows that it never saw."""

from statistics import median

import torch
from torch import Tensor

from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.windows import Windows

# Shape suffixes: W windows of tensors, B weights, H horizons, P pairs of a meta-run and
# the newest stage.

_WEIGHTS = 64
"""Weights drawn per tensor."""
_AT_ONCE = 2048


@torch.no_grad()
def relative_errors(model: Hypernetwork, windows: Windows) -> float:
    """Median of |prediction - truth| / |newest - truth|, averaged over horizons.

    A meta-run's tensors count as one, each with the number of its weights, as in the
    table of held-out errors; here a few weights stand for all of a tensor.

    Args:
        model: any hypernetwork.
        windows: windows of meta-runs that it is not trained on.

    Returns:
        The error: 1 is as good as copying the newest stage; infinite if a prediction
        is not finite.
    """
    generator = torch.Generator().manual_seed(0)
    device = next(model.parameters()).device
    missed = []
    for chosen_W in torch.split(torch.arange(len(windows)), _AT_ONCE):
        batch = windows.draw(chosen_W, weights=_WEIGHTS, generator=generator)
        batch = batch.to(device)
        residual_BH = model.ahead(batch.history_BS, batch.facts)
        wanted_BH = batch.target_BH - batch.history_BS[:, -1:]
        squared_BH = (residual_BH - wanted_BH).double().square()
        missed.append(squared_BH.reshape(-1, _WEIGHTS, windows.horizons).mean(1).cpu())
    pair_W = windows.trial_W * int(windows.newest_W.max() + 1) + windows.newest_W
    _, pair_W = torch.unique(pair_W, return_inverse=True)
    size_W1 = windows.facts.size_W[:, None]
    missed_PH = _summed(torch.cat(missed) * size_W1, pair_W)
    copied_PH = _summed(windows.step_WH.double().square() * size_W1, pair_W)
    ratio_PH = (missed_PH / copied_PH).sqrt()
    pairs = zip(ratio_PH.T, copied_PH.T, strict=True)
    found = [ratio_P[copied_P > 0] for ratio_P, copied_P in pairs]
    medians = [
        median(ratio_P.nan_to_num(nan=torch.inf, posinf=torch.inf).tolist())
        for ratio_P in found
        if len(ratio_P)
    ]
    return float(sum(medians) / len(medians))


def _summed(values_WH: Tensor, pair_W: Tensor) -> Tensor:
    sums_PH = torch.zeros(
        int(pair_W.max()) + 1, values_WH.shape[1], dtype=torch.float64
    )
    return sums_PH.index_add(0, pair_W, values_WH.double())
