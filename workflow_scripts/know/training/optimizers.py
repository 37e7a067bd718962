"""Adam and SGD in PyTorch's functional form, their state under the parameters' names.

`torch.optim` loads the compiler at its first step, more than a second of every short
job. The functions called here do the same arithmetic without it (compared in a test).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from know.training.settings import Optimizer
from know.weights.checkpoint import State


class NamedOptimizer(ABC):
    """An optimizer of a network's named parameters."""

    quantities: Sequence[str]
    """Quantities in a parameter's state."""

    def __init__(
        self,
        network: nn.Module,
        *,
        optimizer_state: Mapping[str, Tensor] | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        """Start with an earlier `optimizer_state`, or with none.

        Args:
            network: its parameters are trained, those that require a gradient.
            optimizer_state: state to continue with, on any device.
            weight_decay: factor of the weights by which they shrink.
        """
        self.parameters = dict(network.named_parameters())
        self.weight_decay = weight_decay
        self._state: dict[str, dict[str, Tensor]] = {}
        for path, value in (optimizer_state or {}).items():
            quantity, _, name = path.partition("/")
            if name in self.parameters and quantity in self.quantities:
                device = self.parameters[name].device
                self._state.setdefault(name, {})[quantity] = value.clone().to(device)

    @property
    def optimizer_state(self) -> State:
        """State by quantity and parameter: `exp_avg/head.bias` and so on."""
        return {
            f"{quantity}/{name}": value
            for name, state in self._state.items()
            for quantity, value in state.items()
        }

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update every parameter that has a gradient."""
        given = {n: p for n, p in self.parameters.items() if p.grad is not None}
        for name, value in given.items():
            if name not in self._state:
                self._state[name] = self._initial(value)
        self._update(
            list(given.values()),
            [p.grad for p in given.values() if p.grad is not None],
            [
                [self._state[name][quantity] for name in given]
                for quantity in self.quantities
            ],
            learning_rate,
        )

    def _initial(self, value: Tensor) -> dict[str, Tensor]:
        return {quantity: torch.zeros_like(value) for quantity in self.quantities}

    @abstractmethod
    def _update(
        self,
        values: list[Tensor],
        gradients: list[Tensor],
        state: list[list[Tensor]],
        learning_rate: float,
    ) -> None:
        """Change values and state in place; `state` holds a list per quantity."""


class Adam(NamedOptimizer):
    """Adam (0.9, 0.999, 1e-8); weight decay is decoupled, as in AdamW."""

    quantities = ("exp_avg", "exp_avg_sq", "step")

    def _initial(self, value: Tensor) -> dict[str, Tensor]:
        step = torch.zeros((), device=value.device)
        return {**super()._initial(value), "step": step}

    def _update(
        self,
        values: list[Tensor],
        gradients: list[Tensor],
        state: list[list[Tensor]],
        learning_rate: float,
    ) -> None:
        if self.weight_decay:
            for value in values:
                value.mul_(1 - learning_rate * self.weight_decay)
        means, squares, steps = state
        adam(
            values,
            gradients,
            means,
            squares,
            [],
            steps,
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=learning_rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )


class Sgd(NamedOptimizer):
    """SGD with a momentum of 0.9; weight decay is part of the gradient."""

    quantities = ("momentum_buffer",)

    def _update(
        self,
        values: list[Tensor],
        gradients: list[Tensor],
        state: list[list[Tensor]],
        learning_rate: float,
    ) -> None:
        (momentum,) = state
        sgd(
            values,
            gradients,
            list[Tensor | None](momentum),
            fused=False,
            foreach=False,
            weight_decay=self.weight_decay,
            momentum=0.9,
            lr=learning_rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )


OPTIMIZERS: dict[Optimizer, type[NamedOptimizer]] = {"adam": Adam, "sgd": Sgd}
"""Optimizers by the names that a config gives them."""
