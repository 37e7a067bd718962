"""The route of weights, from the most data to the least, and weights as vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from know.errors import KnowError
from know.store.read import open_trajectory
from know.weights.checkpoint import State, load_checkpoint
from know.weights.kinds import PREDICTED_KINDS, Kind

# Shape suffixes: S stages of a route (true weights first, then the trajectory), P
# weights of all predicted tensors, in the order of the state dict.


def predicted_names(state: Mapping[str, Tensor], kinds: Mapping[str, str]) -> list[str]:
    """Names of the tensors that methods predict, in the order of `state`."""
    return [name for name in state if kinds[name] in PREDICTED_KINDS]


def predicted_vector(state: Mapping[str, Tensor], kinds: Mapping[str, str]) -> Tensor:
    """Lay the predicted tensors end to end, shape (P,), float32."""
    names = predicted_names(state, kinds)
    return torch.cat([state[name].detach().reshape(-1).float() for name in names])


def tensors_in(
    vector_P: Tensor, state: Mapping[str, Tensor], kinds: Mapping[str, str]
) -> State:
    """Part of a vector that belongs to each predicted tensor, in its shape and dtype.

    Args:
        vector_P: as `predicted_vector` lays it out.
        state: tensors of which only names, shapes and dtypes are used.
        kinds: kind of each of them.
    """
    values = {name: state[name] for name in predicted_names(state, kinds)}
    parts = torch.split(vector_P, [value.numel() for value in values.values()])
    return {
        name: part.reshape(value.shape).to(value.dtype)
        for (name, value), part in zip(values.items(), parts, strict=True)
    }


@dataclass(frozen=True, kw_only=True)
class Route:
    """True weights of more data, then the stages of a trajectory.

    Stages keep the paper's numbers: -1 is Theta_{-1}, 0 is Theta_0, from which methods
    extrapolate, 1 the first stage of forgetting.
    """

    states: Sequence[State]
    """Weights, those of the most data first."""
    truths: int
    """Number of true weights, of more data than Theta_0 saw, at their start."""
    kinds: Mapping[str, Kind]

    @property
    def history(self) -> Sequence[State]:
        """Stages that a method sees, Theta_0 first."""
        return self.states[self.truths :]

    @property
    def numbers(self) -> range:
        """Number of each stage."""
        return range(-self.truths, len(self.states) - self.truths)

    def stage(self, number: int) -> State:
        """The weights of one stage, negative numbers being the true ones."""
        return self.states[self.numbers.index(number)]

    @cached_property
    def vectors(self) -> Tensor:
        """Predicted tensors of each stage, float32."""
        return torch.stack([predicted_vector(s, self.kinds) for s in self.states])

    def at(self, position: float) -> tuple[Tensor, State]:
        """Weights on the straight line between two stages.

        Args:
            position: number of a stage, or a value between two.

        Returns:
            The vector of predicted tensors; the state of the closest stage, whose other
            tensors (norm layers, buffers) go with it.
        """
        place = position + self.truths
        before = min(int(place), len(self.states) - 2)
        share = place - before
        # Not `lerp`: at a stage the result has to equal that stage in every bit.
        vector_P = (1 - share) * self.vectors[before] + share * self.vectors[before + 1]
        return vector_P, self.states[before + round(share)]


def read_route(
    store: Path, truths: Sequence[Path | str], *, stages: int, withheld: int
) -> Route:
    """Read a route from a trajectory store.

    The true weights are either the trajectory's own first stages, withheld from the
    methods, or networks trained separately. Decision 29.

    Args:
        store: the trajectory.
        truths: checkpoints of networks trained on more data than Theta_0, the least
            first; none if stages are withheld.
        stages: number of stages that the methods see.
        withheld: number of stages of the store before those; none if there are
            `truths`.

    Raises:
        KnowError: if the store has too few stages, a file is damaged, or a true weight
            is of another network.
    """
    with open_trajectory(store) as trajectory:
        if trajectory.num_stages < withheld + stages:
            raise KnowError(
                f"{store} has {trajectory.num_stages} stages, wanted {withheld} to "
                f"withhold and {stages} to extrapolate"
            )
        kinds = trajectory.kinds
        states = [trajectory.read_stage(s) for s in range(withheld + stages)]
    others = [load_checkpoint(Path(path))[0] for path in reversed(truths)]
    for path, other in zip(reversed(truths), others, strict=True):
        if _shapes(other) != _shapes(states[0]):
            raise KnowError(f"{path} has other tensors than the trajectory in {store}")
    return Route(states=[*others, *states], truths=withheld or len(others), kinds=kinds)


def _shapes(state: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in state.items()}
