"""Adam and SGD over many networks at once, each network with its own learning rate.

A network's numbers go through the arithmetic of `know.training.adam` or of
`know.training.sgd`, and its optimizer_state come and go in their form.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from know.training.settings import Optimizer
from know.weights.checkpoint import State

# Shape suffixes: M networks, T parameters that a step updates.
# A parameter of all networks is one tensor of shape (M, ...).

_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-8
_MOMENTUM = 0.9


class StackedOptimizer(ABC):
    """One optimizer for the stacked parameters of M networks."""

    moment_names: tuple[str, ...]
    """What is kept for each weight."""

    def __init__(
        self,
        parameters: Mapping[str, Tensor],
        *,
        optimizer_state: Sequence[Mapping[str, Tensor]],
        weight_decay: float,
    ) -> None:
        """Start each network with its own optimizer_state.

        Args:
            parameters: by name, of shape (M, ...); those with a gradient are updated.
            optimizer_state: of each network; empty for none.
            weight_decay: as the networks' own optimizer takes it.
        """
        self.parameters = parameters
        self.weight_decay = weight_decay
        with torch.no_grad():
            self._kept = {
                kept: {
                    name: _stacked(value, optimizer_state, f"{kept}/{name}")
                    for name, value in parameters.items()
                }
                for kept in self.moment_names
            }
        self._has_optimizer_state_M = {
            name: [
                f"{self.moment_names[0]}/{name}" in given for given in optimizer_state
            ]
            for name in parameters
        }

    def optimizer_state_of(self, network: int) -> State:
        """Moments of one network, under the names of its own optimizer."""
        return {
            f"{kept}/{name}": value[network].clone()
            for name, has_optimizer_state_M in self._has_optimizer_state_M.items()
            if has_optimizer_state_M[network]
            for kept, value in self._kept_of(name)
        }

    def _kept_of(self, name: str) -> Iterator[tuple[str, Tensor]]:
        for kept, values in self._kept.items():
            yield kept, values[name]

    @torch.no_grad()
    def step(self, learning_rates_M: Tensor) -> None:
        """Update every parameter that has a gradient, each network at its own rate."""
        names = [n for n, value in self.parameters.items() if value.grad is not None]
        for name in names:
            self._has_optimizer_state_M[name] = [True] * len(learning_rates_M)
        self._update(names, learning_rates_M)

    @abstractmethod
    def _update(self, names: Sequence[str], learning_rates_M: Tensor) -> None:
        """Update the parameters of these names."""

    def _given(self, names: Sequence[str]) -> tuple[list[Tensor], list[Tensor]]:
        values = [self.parameters[name] for name in names]
        return values, [value.grad for value in values if value.grad is not None]

    def _optimizer_state(self, kept: str, names: Sequence[str]) -> list[Tensor]:
        return [self._kept[kept][name] for name in names]


class StackedAdam(StackedOptimizer):
    """Adam (0.9, 0.999, 1e-8), its weight decay decoupled from the gradient."""

    moment_names = ("exp_avg", "exp_avg_sq", "step")

    def _update(self, names: Sequence[str], learning_rates_M: Tensor) -> None:
        values, gradients = self._given(names)
        if self.weight_decay:
            kept_M = (1 - learning_rates_M * self.weight_decay).to(values[0].dtype)
            for value in values:
                value.mul_(_along(kept_M, value))
        means = self._optimizer_state("exp_avg", names)
        squares = self._optimizer_state("exp_avg_sq", names)
        torch._foreach_lerp_(means, gradients, 1 - _FIRST_DECAY)
        torch._foreach_mul_(squares, _SECOND_DECAY)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - _SECOND_DECAY)
        roots = torch._foreach_sqrt(squares)
        rates_TM, widths_TM = self._corrections(names, learning_rates_M)
        for value, mean, root, rate_M, width_M in zip(
            values, means, roots, rates_TM, widths_TM, strict=True
        ):
            root.div_(_along(width_M, root)).add_(_EPSILON)
            value.addcdiv_(mean * _along(rate_M, mean), root, value=-1)

    def _corrections(
        self, names: Sequence[str], learning_rates_M: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Learning rates and divisors of the roots, without bias."""
        steps = self._optimizer_state("step", names)
        torch._foreach_add_(steps, 1.0)
        # All at once and in float64: a launch for each number would cost more.
        steps_TM = torch.stack(steps).double()
        rates_TM = learning_rates_M / (1 - _FIRST_DECAY**steps_TM)
        widths_TM = (1 - _SECOND_DECAY**steps_TM).sqrt()
        dtype = self.parameters[names[0]].dtype
        return rates_TM.to(dtype), widths_TM.to(dtype)


class StackedSgd(StackedOptimizer):
    """SGD with a momentum of 0.9, its weight decay part of the gradient."""

    moment_names = ("momentum_buffer",)

    def _update(self, names: Sequence[str], learning_rates_M: Tensor) -> None:
        values, gradients = self._given(names)
        if self.weight_decay:
            torch._foreach_add_(gradients, values, alpha=self.weight_decay)
        momenta = self._optimizer_state("momentum_buffer", names)
        torch._foreach_mul_(momenta, _MOMENTUM)
        torch._foreach_add_(momenta, gradients)
        rates_M = learning_rates_M.to(values[0].dtype)
        for value, momentum in zip(values, momenta, strict=True):
            value.addcmul_(momentum, _along(rates_M, value), value=-1)


STACKED_OPTIMIZERS: dict[Optimizer, type[StackedOptimizer]] = {
    "adam": StackedAdam,
    "sgd": StackedSgd,
}
"""Optimizer of many networks by the name that the config gives it."""


def _stacked(
    value: Tensor, optimizer_state: Sequence[Mapping[str, Tensor]], path: str
) -> Tensor:
    """One moment of all networks, zero where a network has none."""
    # A step count is one float32 number, as in the networks' own optimizer.
    is_step = path.startswith("step/")
    none = value.new_zeros(()).float() if is_step else torch.zeros_like(value[0])
    return torch.stack(
        [given.get(path, none).to(value.device) for given in optimizer_state]
    )


def _along(numbers_M: Tensor, value: Tensor) -> Tensor:
    """A number for each network, shaped to be spread over its weights."""
    return numbers_M.view(-1, *[1] * (value.ndim - 1))
