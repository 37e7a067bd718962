"""KNOWN-plus: a linear predictor whose coefficients depend on how the tensor moves."""

import math
from collections.abc import Iterable, Iterator
from typing import ClassVar

import torch
from torch import Tensor, nn

from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.normal_equations import least_squares
from know.hypernetwork.tensor_facts import TensorFacts
from know.hypernetwork.windows import WindowBatch

# Shape suffixes: W tensors, C weights of each, S stages (oldest knowledge first), F
# features of a weight, D facts of a tensor, H horizons, G gates.

_GATES = 32
_HIDDEN = 48
_RATIO_LIMIT = 12.0
"""Logarithms of ratios are clipped here: a tensor at rest has none."""


class KnownPlus(Hypernetwork):
    """Residuals 1, 2, .. stages ahead, odd in the weights and equivariant to scale.

    Source: ours. A weight is seen as its S - 1 steps over their root mean square in the
    tensor and its newest value over the tensor's. The output is a combination of these
    numbers whose coefficients a small network makes of the tensor's facts: one
    coefficient of the newest value (the change of norm), the others of the steps (the
    direction); plus gated combinations, the gates even in the weight. It starts as the
    linear predictor of the training windows.
    """

    architecture: ClassVar[str] = "known-plus"

    def __init__(
        self,
        stages: int = 5,
        horizons: int = 3,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        """Draw first weights; the last layers are zero, so that it copies."""
        super().__init__()
        self.stages, self.horizons = stages, horizons
        facts = num_facts(stages)
        self.register_buffer("fact_mean", torch.zeros(facts))
        self.register_buffer("fact_scale", torch.ones(facts))
        self.fact_mean: Tensor
        self.fact_scale: Tensor
        self.linear = nn.Parameter(torch.zeros(horizons, stages))
        self.hidden = nn.Parameter(torch.empty(_HIDDEN, facts))
        self.hidden_bias = nn.Parameter(torch.zeros(_HIDDEN))
        self.coefficients = nn.Parameter(torch.zeros(horizons * stages, _HIDDEN))
        self.lift = nn.Parameter(torch.empty(_GATES, stages))
        self.gate = nn.Parameter(torch.empty(_GATES, _GATES))
        self.gate_bias = nn.Parameter(torch.zeros(_GATES, _HIDDEN))
        self.gate_offset = nn.Parameter(torch.zeros(_GATES))
        self.mix = nn.Parameter(torch.zeros(horizons, _GATES))
        self._initialise(generator or torch.Generator().manual_seed(0))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        for layer in (self.hidden, self.lift, self.gate):
            bound = math.sqrt(3 / layer.shape[1])
            layer.uniform_(-bound, bound, generator=generator)

    def ahead(self, history_BS: Tensor, facts: TensorFacts) -> Tensor:
        """Return residuals of the newest stage, (B, H), one column per horizon."""
        tensors = len(facts.size_W)
        each = len(history_BS) // tensors
        history_WCS = history_BS.reshape(tensors, each, self.stages)
        scale_W11 = _column(facts.step_scale, history_BS)
        residual_WCH = self._scaled(
            _features(history_WCS, facts), _described(facts).to(history_BS)
        )
        return (residual_WCH * scale_W11).flatten(0, 1)

    def _scaled(self, features_WCF: Tensor, facts_WD: Tensor) -> Tensor:
        facts_WD = ((facts_WD - self.fact_mean) / self.fact_scale).clamp(-4, 4)
        hidden_WK = torch.tanh(facts_WD @ self.hidden.T + self.hidden_bias)
        linear_WHF = self.linear + (hidden_WK @ self.coefficients.T).reshape(
            -1, self.horizons, self.stages
        )
        lifted_WCG = features_WCF @ self.lift.T
        offset_W1G = (hidden_WK @ self.gate_bias.T + self.gate_offset)[:, None]
        gate_WCG = torch.sigmoid(lifted_WCG.abs() @ self.gate.T + offset_W1G)
        gated_WCH = (lifted_WCG * gate_WCG) @ self.mix.T
        scaled_WCH: Tensor = features_WCF @ linear_WHF.transpose(1, 2) + gated_WCH
        return scaled_WCH

    @torch.no_grad()
    def fit(self, batches: Iterable[WindowBatch]) -> None:
        """Start from the linear predictor, and learn how facts are spread."""
        described = []

        def rows() -> Iterator[tuple[Tensor, WindowBatch]]:
            for batch in batches:
                tensors = len(batch.step_WH)
                history_BS = batch.history_BS.double()
                history_WCS = history_BS.reshape(tensors, -1, self.stages)
                scale_W11 = _column(batch.facts.step_scale, history_WCS)
                described.append(_described(batch.facts))
                # In the weights' units, as the output is before the steps' scale.
                features_WCF = _features(history_WCS, batch.facts) * scale_W11
                yield features_WCF.flatten(0, 1), batch

        self.linear.copy_(
            least_squares(rows(), horizons=self.horizons, features=self.stages)
        )
        facts_WD = torch.cat(described)
        self.fact_mean.copy_(facts_WD.mean(0))
        self.fact_scale.copy_(facts_WD.std(0, correction=0).clamp(min=1e-3))


def num_facts(stages: int) -> int:
    """Return D, the number of facts about a tensor for this number of stages."""
    return 5 + (stages - 1) + (stages - 2) + (stages - 1)


def _features(history_WCS: Tensor, facts: TensorFacts) -> Tensor:
    """Steps and newest value of each weight, each over the tensor's own scale."""
    steps = history_WCS.diff(dim=2) / _column(facts.step_scale, history_WCS)
    newest = history_WCS[:, :, -1:] / _column(facts.weight_scale, history_WCS)
    return torch.cat([steps, newest], 2)


def _described(facts: TensorFacts) -> Tensor:
    """A tensor's facts as numbers that no change of scale or sign touches, (W, D)."""
    products = facts.products_of_steps
    lengths_WS = products.diagonal(dim1=1, dim2=2).clamp(min=1e-30).sqrt()
    gram = facts.gram_WSS
    along_WS = (gram[:, -1, 1:] - gram[:, -1, :-1]) / facts.weight_scale[:, None]
    turns_WS = products.diagonal(offset=1, dim1=1, dim2=2) / (
        lengths_WS[:, 1:] * lengths_WS[:, :-1]
    )
    scale_W = facts.step_scale
    columns = [
        _logarithm(scale_W / facts.weight_scale)[:, None],
        facts.rate_W.double().log()[:, None],
        facts.size_W.double().log()[:, None],
        facts.fan_in_W.double().log()[:, None],
        # How much of the steps is one common shift of all weights.
        (facts.mean_WS.diff(dim=1).square().mean(1) / scale_W.square())[:, None],
        _logarithm(lengths_WS / scale_W[:, None]),
        turns_WS.clamp(-1, 1),
        (along_WS / lengths_WS).clamp(-1, 1),
    ]
    return torch.cat(columns, 1).nan_to_num()


def _logarithm(ratio: Tensor) -> Tensor:
    return ratio.clamp(min=1e-30).log().clamp(-_RATIO_LIMIT, _RATIO_LIMIT)


def _column(values_W: Tensor, like: Tensor) -> Tensor:
    return values_W.to(like)[:, None, None]


MODEL = KnownPlus
