"""KNOWN, the network that predicts a weight's next value from how it was forgotten."""

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from know.errors import KnowError
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.fused import FusedKnown
from know.hypernetwork.layers import Stream, undrawn_linear
from know.hypernetwork.tensor_facts import TensorFacts
from know.hypernetwork.windows import WindowBatch

# Shape suffixes: N weights, S stages (oldest knowledge first), H horizons.


class Known(Hypernetwork):
    """KNOWN for `stages` stages: 128 * stages + 8785 parameters.

    Source: Eq. 2-5 of Jang et al. (arXiv 2508.05059); layers, slope and initialisation
    after the authors' code. Deviation: the exponent is clamped to [-20, 20].
    """

    architecture: ClassVar[str] = "known"
    sees_tensor: ClassVar[bool] = False

    def __init__(
        self, stages: int = 5, *, generator: torch.Generator | None = None
    ) -> None:
        """Draw initial weights the way the authors do; refuse fewer than two stages."""
        super().__init__()
        if stages < 2:
            raise KnowError(f"KNOWN needs stages >= 2, got {stages}")
        self.stages = stages
        self.weight_stream = Stream(stages)
        self.step_stream = Stream(stages - 1)
        self.head = undrawn_linear(64, 1)
        self._initialise(generator or torch.Generator().manual_seed(0))

    def settings(self) -> dict[str, Any]:
        """Keyword arguments that build an equal network."""
        return {"stages": self.stages}

    @property
    def outer_layers(self) -> list[nn.Linear]:
        """The layers with the authors' small start and their L1 regulariser."""
        streams = (self.weight_stream, self.step_stream)
        return [layer for s in streams for layer in (s.lift, s.mix)]

    def layers(self) -> list[nn.Linear]:
        """The thirteen layers in the order of the authors' files."""
        return [layer for layer in self.modules() if isinstance(layer, nn.Linear)]

    def forward(self, history_NS: Tensor) -> Tensor:
        """Residual of each weight, differentiable; for training.

        Args:
            history_NS: values of each weight, shape (weights, stages), oldest
                knowledge first (the last column is Theta_0), of the model's dtype.

        Returns:
            What to add to Theta_0, shape (weights,), in (-1, 1).
        """
        features = torch.cat(
            [self.weight_stream(history_NS), self.step_stream(history_NS.diff(dim=1))],
            dim=1,
        )
        return torch.tanh(self.head(features)).squeeze(1)

    def ahead(self, history_BS: Tensor, facts: TensorFacts) -> Tensor:
        """`forward` as a column: one horizon; of the tensor nothing is asked."""
        del facts
        residual_BH: Tensor = self(history_BS)[:, None]
        return residual_BH

    def loss(self, batch: WindowBatch) -> Tensor:
        """Mean absolute error of the next weight, and the authors' L1 terms (Eq. 6)."""
        missing_B = batch.target_BH[:, 0] - batch.history_BS[:, -1]
        error = nn.functional.l1_loss(self(batch.history_BS), missing_B)
        return error + self.regularisation()

    def regularisation(self) -> Tensor:
        """Return the authors' addition to the loss: L1 of the streams' outer layers."""
        outer = self.outer_layers
        kernels = torch.stack([layer.weight.abs().sum() for layer in outer]).sum()
        biases = torch.stack([layer.bias.abs().sum() for layer in outer]).sum()
        return 1e-6 * kernels + 0.1 * biases

    def extrapolate(self, window_S: Tensor, facts: TensorFacts | None) -> Tensor:
        """Predict the next stage of some weights, shape (1, ...)."""
        del facts
        residual_N = self.residual(window_S.flatten(1).T)
        residual = residual_N.reshape(window_S.shape[1:]).to(window_S.dtype)
        return (window_S[-1] + residual)[None]

    def fused(self) -> FusedKnown:
        """A copy of the network laid out for fast prediction."""
        return FusedKnown([self.weight_stream, self.step_stream], self.head)

    def residual(self, history_NS: Tensor) -> Tensor:
        """Residual of each weight, tile by tile without gradients, for prediction.

        The same numbers as `forward` but for rounding, with memory for one tile a
        thread, on as many threads as PyTorch may use; their number changes no bit.

        Args:
            history_NS: values of each weight, shape (weights, stages), oldest
                knowledge first (the last column is Theta_0), any float dtype and
                layout.

        Returns:
            What to add to Theta_0, shape (weights,), of the model's dtype and on the
            device of `history_NS`.

        Raises:
            KnowError: if `history_NS` does not have shape (weights, stages).
        """
        if history_NS.ndim != 2 or history_NS.shape[1] != self.stages:
            raise KnowError(
                f"KNOWN needs weights of shape (weights, {self.stages}), "
                f"got {tuple(history_NS.shape)}"
            )
        return self.fused().residual(history_NS)

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Outer layers: variance scaling 0.1; the others: Glorot. Biases: zero."""
        outer = self.outer_layers
        for layer in self.layers():
            outputs, inputs = layer.weight.shape
            is_outer = any(layer is other for other in outer)
            bound = math.sqrt(0.3 / inputs if is_outer else 6 / (inputs + outputs))
            layer.weight.uniform_(-bound, bound, generator=generator)
            layer.bias.zero_()


MODEL = Known
