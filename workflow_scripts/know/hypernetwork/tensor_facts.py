"""Facts about a whole tensor, which a hypernetwork may use besides single weights."""

import math
from collections.abc import Iterable, Sequence
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


def facts_of_windows(
    windows: Iterable[Tensor], shape: Sequence[int], *, rate: float
) -> TensorFacts:
    """Compute the facts of one tensor.

    Args:
        windows: windows of its weights that make up the tensor, shape (stages, ...)
            each, oldest knowledge first.
        shape: shape of the tensor; its first dimension counts outputs.
        rate: share of the samples that each stage keeps.

    Returns:
        Facts of one row, on the CPU.
    """
    size = max(1, math.prod(shape))
    gram_SS = sum_S = torch.zeros((), dtype=torch.float64)
    for history in windows:
        # Block by block: a large tensor in float64 would take twice its own memory.
        for block_SN in torch.split(history.flatten(1), 2**20, dim=1):
            wide_SN = block_SN.double()
            gram_SS = gram_SS + (wide_SN @ wide_SN.T).cpu()
            sum_S = sum_S + wide_SN.sum(1).cpu()
    fan_in = size // max(1, shape[0]) if len(shape) > 1 else 1
    return TensorFacts(
        gram_WSS=(gram_SS / size)[None],
        mean_WS=(sum_S / size)[None],
        size_W=torch.tensor([size]),
        fan_in_W=torch.tensor([max(1, fan_in)]),
        rate_W=torch.tensor([rate]),
    )
