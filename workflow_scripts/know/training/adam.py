"""Adam, by PyTorch's functional form, its state under the parameters' names."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from know.weights.checkpoint import State


class Adam:
    """Adam (0.9, 0.999, 1e-8) over a network's named parameters.

    `torch.optim.Adam` loads the compiler at its first step, more than a second of every
    short job; this calls the same arithmetic without it (compared in a test).
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        optimizer_state: Mapping[str, Tensor] | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        """Start with an earlier `Adam.optimizer_state`, or with none.

        Args:
            network: whose parameters are trained, those that require a gradient.
            optimizer_state: state to go on with, on any device.
            weight_decay: decoupled from the gradient, as AdamW's.
        """
        self.parameters = dict(network.named_parameters())
        self.weight_decay = weight_decay
        self._state: dict[str, dict[str, Tensor]] = {}
        for path, value in (optimizer_state or {}).items():
            key, _, name = path.partition("/")
            if name in self.parameters:
                device = self.parameters[name].device
                self._state.setdefault(name, {})[key] = value.clone().to(device)

    @property
    def optimizer_state(self) -> State:
        """State by quantity and parameter: `exp_avg/head.bias` and so on."""
        return {
            f"{key}/{name}": value
            for name, state in self._state.items()
            for key, value in state.items()
        }

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update every parameter that has a gradient."""
        given = {n: p for n, p in self.parameters.items() if p.grad is not None}
        states = [self._of(name) for name in given]
        if self.weight_decay:
            for parameter in given.values():
                parameter.mul_(1 - learning_rate * self.weight_decay)
        adam(
            list(given.values()),
            [p.grad for p in given.values() if p.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=learning_rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )

    def _of(self, name: str) -> dict[str, Tensor]:
        if name not in self._state:
            value = self.parameters[name]
            self._state[name] = {
                "exp_avg": torch.zeros_like(value),
                "exp_avg_sq": torch.zeros_like(value),
                "step": torch.zeros((), device=value.device),
            }
        return self._state[name]
