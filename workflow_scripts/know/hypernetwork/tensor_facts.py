"""Facts about a whole tensor, which a hypernetwork may use besides single weights."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

# Shape suffixes: W tensors (or windows of tensors), N weights, S stages (oldest
# knowledge first).

_SMALLEST = 1e-12
"""Least scale, that of a tensor that does not move."""


@dataclass(frozen=True, kw_only=True)
class TensorFacts:
    """One row per tensor."""

    gram_WSS: Tensor
    """float64, mean over the weights of the product of two stages."""
    mean_WS: Tensor
    """float64, mean over the weights of each stage."""
    size_W: Tensor
    """Count of weights."""
    fan_in_W: Tensor
    """Inputs per output; 1 for a bias."""
    rate_W: Tensor
    """Share of the samples that each stage keeps."""

    def chosen(self, index_W: Tensor) -> "TensorFacts":
        """Return the facts of some tensors."""
        return TensorFacts(
            **{f.name: getattr(self, f.name)[index_W] for f in fields(self)}
        )

    @property
    def products_of_steps(self) -> Tensor:
        """Mean products of the S - 1 steps, (W, S-1, S-1), oldest step first."""
        gram = self.gram_WSS
        return gram[:, 1:, 1:] - gram[:, 1:, :-1] - gram[:, :-1, 1:] + gram[:, :-1, :-1]

    @property
    def step_scale(self) -> Tensor:
        """Root mean square of all steps, (W,), float64; tiny for a tensor at rest."""
        squares = self.products_of_steps.diagonal(dim1=1, dim2=2)
        return squares.mean(1).clamp(min=0).sqrt().clamp(min=_SMALLEST)

    @property
    def weight_scale(self) -> Tensor:
        """Root mean square of the newest stage, (W,), float64."""
        return self.gram_WSS[:, -1, -1].clamp(min=0).sqrt().clamp(min=_SMALLEST)


def facts_of_history(history: Tensor, *, rate: float) -> TensorFacts:
    """Compute the facts of one tensor.

    Args:
        history: its weights, shape (stages, ...), oldest knowledge first; the first
            dimension of the weights counts outputs.
        rate: share of the samples that each stage keeps.

    Returns:
        Facts of one row, on the device of `history`.
    """
    rows_SN = history.flatten(1)
    size = max(1, rows_SN.shape[1])
    # Block by block: a large tensor in float64 would take twice its own memory.
    gram_SS = torch.zeros(len(history), len(history), dtype=torch.float64)
    sum_S = torch.zeros(len(history), dtype=torch.float64)
    for block_SN in torch.split(rows_SN, 2**20, dim=1):
        wide_SN = block_SN.double()
        gram_SS += (wide_SN @ wide_SN.T).cpu()
        sum_S += wide_SN.sum(1).cpu()
    shape = history.shape[1:]
    fan_in = shape.numel() // max(1, shape[0]) if len(shape) > 1 else 1
    return TensorFacts(
        gram_WSS=(gram_SS / size)[None],
        mean_WS=(sum_S / size)[None],
        size_W=torch.tensor([size]),
        fan_in_W=torch.tensor([max(1, fan_in)]),
        rate_W=torch.tensor([rate]),
    )
