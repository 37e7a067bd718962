"""NiNo-MLP: one network for all kinds of tensor, several stages ahead at once."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from know.errors import raise_all
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.layers import undrawn_linear
from know.hypernetwork.tensor_facts import TensorFacts
from know.hypernetwork.windows import WindowBatch

# Shape suffixes: N weights, B weights of W tensors (as many of each, one tensor after
# the other), S stages (oldest knowledge first), K outputs.

TYPES = {"fc": 1, "bias": 2, "conv": 3}
"""Numbers of the kinds of tensor; those of norm layers and transformers stay unused."""
_EPSILON = 1e-6
_FIRST_DEVIATION = 0.02


class NinoMlp(Hypernetwork):
    """Residuals of a weight 1, 2, .. K stages ahead, in units of its tensor's spread.

    Source: Knyazev et al. (arXiv 2409.04434), the variant without a graph, and its
    code; its K is 40 and a stage 200 steps of training. First weights as there: normal,
    of deviation 0.02, biases zero, so that it starts close to a copy.
    """

    architecture: ClassVar[str] = "nino-mlp"
    tile: ClassVar[int] = 2**14

    def __init__(
        self,
        stages: int = 5,
        horizons: int = 3,
        *,
        hidden: int = 128,
        types: int = 15,
        kind: str = "conv",
        generator: torch.Generator | None = None,
    ) -> None:
        """Draw initial weights the way the authors do.

        Args:
            stages: S, at least two.
            horizons: K.
            hidden: width of the hidden layers.
            types: how many types of tensor it tells apart; at least four, type 0 stands
                for none.
            kind: tensor kind that it is for: conv, fc or bias.
            generator: source of the draws.

        Raises:
            KnowError: naming each argument that is wrong.
        """
        super().__init__()
        least = {"stages": 2, "horizons": 1, "hidden": 1, "types": len(TYPES) + 1}
        counts = [stages, horizons, hidden, types]
        problems = [
            f"wanted {name} >= {least[name]}, got {count}"
            for name, count in zip(least, counts, strict=True)
            if count < least[name]
        ]
        if kind not in TYPES:
            problems.append(f"wanted a kind of {', '.join(TYPES)}, got {kind!r}")
        raise_all(problems, "NiNo-MLP cannot be built")
        self.stages, self.horizons = stages, horizons
        self.kind = kind
        self.types = nn.Embedding(types, hidden, _weight=torch.empty(types, hidden))
        self.lift = undrawn_linear(stages, hidden)
        self.hidden = nn.ModuleList(undrawn_linear(hidden, hidden) for _ in range(3))
        self.head = undrawn_linear(hidden, horizons)
        self._initialise(generator or torch.Generator().manual_seed(0))

    def settings(self) -> dict[str, Any]:
        """Keyword arguments that build an equal network."""
        return {
            **super().settings(),
            "hidden": self.lift.out_features,
            "types": self.types.num_embeddings,
            "kind": self.kind,
        }

    def forward(self, scaled_NS: Tensor) -> Tensor:
        """Residuals in scaled units, differentiable.

        Args:
            scaled_NS: values of each weight over its tensor's spread, shape (weights,
                stages), oldest knowledge first, of the model's dtype.

        Returns:
            What to add to the newest stage for each stage ahead, shape (weights, K).
        """
        features: Tensor = self.lift(scaled_NS) + self.types.weight[TYPES[self.kind]]
        for layer in self.hidden:
            features = nn.functional.silu(layer(features))
        residual_NK: Tensor = self.head(features)
        return residual_NK

    def ahead(self, history_BS: Tensor, facts: TensorFacts) -> Tensor:
        """Return residuals of the newest stage, (B, K), in the weights' own units."""
        mean_B1, deviation_B1 = _columns(scaling(facts), history_BS)
        scaled_BS = (history_BS - mean_B1) / (deviation_B1 + _EPSILON)
        predicted_BK = scaled_BS[:, -1:] + self(scaled_BS)
        residual_BK: Tensor = predicted_BK * deviation_B1 + mean_B1 - history_BS[:, -1:]
        return residual_BK

    def loss(self, batch: WindowBatch) -> Tensor:
        """Mean absolute error in scaled units, of all stages that a trajectory has."""
        mean_B1, deviation_B1 = _columns(scaling(batch.facts), batch.history_BS)
        width_B1 = deviation_B1 + _EPSILON
        scaled_BS = (batch.history_BS - mean_B1) / width_B1
        wanted_BK = (batch.target_BH - batch.history_BS[:, -1:]) / width_B1
        is_known_BK = torch.isfinite(wanted_BK)
        missed_BK = (self(scaled_BS) - wanted_BK.nan_to_num()) * is_known_BK
        loss: Tensor = missed_BK.abs().sum() / is_known_BK.sum().clamp(min=1)
        return loss

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        for layer in (self.types, self.lift, *self.hidden, self.head):
            layer.weight.normal_(std=_FIRST_DEVIATION, generator=generator)
            if isinstance(layer, nn.Linear):
                layer.bias.zero_()


def scaling(facts: TensorFacts) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each tensor, all its weights and stages taken together.

    Source: the scaling `std` of Knyazev et al.'s code: a scaled value is the value less
    the mean, over the deviation + 1e-6; the way back multiplies by the deviation alone.

    Args:
        facts: facts of the W tensors over the stages seen.

    Returns:
        Mean and unbiased standard deviation, shape (W,), float64.
    """
    mean_W = facts.mean_WS.mean(1)
    square_W = facts.gram_WSS.diagonal(dim1=1, dim2=2).mean(1)
    count_W = facts.size_W.to(mean_W) * facts.mean_WS.shape[1]
    variance_W = (square_W - mean_W**2) * (count_W / (count_W - 1))
    return mean_W, variance_W.clamp(min=0).sqrt()


def _columns(of_tensors: Sequence[Tensor], history_BS: Tensor) -> list[Tensor]:
    """Numbers of each tensor, repeated for each of its weights, shape (B, 1)."""
    return [
        values_W.to(history_BS).repeat_interleave(len(history_BS) // len(values_W))[
            :, None
        ]
        for values_W in of_tensors
    ]


MODEL = NinoMlp
