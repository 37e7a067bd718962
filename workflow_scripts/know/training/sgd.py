"""SGD with momentum, its buffers under the parameters' names, as `adam.py` does."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim.sgd import sgd

from know.weights.checkpoint import State

_MOMENTUM = 0.9
_KEY = "momentum_buffer/"


class Sgd:
    """SGD with a momentum of 0.9 over a network's named parameters.

    In PyTorch's functional form, for the reason that `know.training.adam.Adam` gives.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        optimizer_state: Mapping[str, Tensor] | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        """Start with an earlier `Sgd.optimizer_state`, or with none.

        Args:
            network: whose parameters are trained, those that require a gradient.
            optimizer_state: momentum to go on with, on any device.
            weight_decay: factor of the weights that is added to their gradient.
        """
        self.parameters = dict(network.named_parameters())
        self.weight_decay = weight_decay
        self._momentum: dict[str, Tensor | None] = {
            name: value.clone().to(self.parameters[name].device)
            for path, value in (optimizer_state or {}).items()
            if path.startswith(_KEY)
            and (name := path.removeprefix(_KEY)) in self.parameters
        }

    @property
    def optimizer_state(self) -> State:
        """Momentum by parameter: `momentum_buffer/head.bias` and so on."""
        return {
            _KEY + name: value
            for name, value in self._momentum.items()
            if value is not None
        }

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update every parameter that has a gradient."""
        given = {n: p for n, p in self.parameters.items() if p.grad is not None}
        momentum = [self._momentum.get(name) for name in given]
        sgd(
            list(given.values()),
            [p.grad for p in given.values() if p.grad is not None],
            momentum,
            fused=False,
            foreach=False,
            weight_decay=self.weight_decay,
            momentum=_MOMENTUM,
            lr=learning_rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )
        self._momentum.update(zip(given, momentum, strict=True))
