"""Signs that the stages of a network are not what a user takes them for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

# Shape suffix: S stages, oldest knowledge first (the last is Theta_0).


@dataclass
class StageOrder:
    """Facts about the stages as a whole, gathered tensor by tensor."""

    num_stages: int
    _still: list[bool] = field(init=False)
    """For each step, from stage 0 on, whether no tensor has changed in it so far."""
    _squares: list[float] = field(init=False)
    _counters: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with no tensor seen."""
        self._still = [True] * (self.num_stages - 1)
        self._squares = [0.0] * self.num_stages

    def see(self, name: str, history_S: Tensor, *, is_predicted: bool) -> bool:
        """Take note of a tensor or a window of it; tell if all stages are equal."""
        stages = history_S.unbind()[::-1]
        is_still = [torch.equal(*pair) for pair in pairwise(stages)]
        norms = [float(stage.float().norm()) for stage in stages if is_predicted]
        self._still = [a and b for a, b in zip(self._still, is_still, strict=True)]
        for stage, norm in enumerate(norms):
            self._squares[stage] += norm * norm
        if name.endswith("num_batches_tracked"):
            self._counters[name] = [int(count) for count in stages]
        return all(is_still)

    def warnings(self) -> list[str]:
        """Say what looks wrong, one sentence each."""
        found = [
            f"stage {step} and stage {step + 1} are the same in every tensor: is a "
            "file given twice?"
            for step, still in enumerate(self._still)
            if still
        ]
        norms = [math.sqrt(square) for square in self._squares]
        for name, counts in self._counters.items():
            if min(counts) < counts[0]:
                steps = ", ".join(map(str, counts))
                return [
                    *found,
                    f"the stages look out of order: {name!r} counts {steps} batches, "
                    "and no later stage can have seen fewer than the first; Theta_0, "
                    "the full data, comes first",
                ]
        if len(norms) > 2 and _falls(norms) and not self._counters:
            steps = ", ".join(f"{norm:.6g}" for norm in norms)
            found.append(
                f"the stages may be reversed: the norm of their weights is {steps}, "
                "and it mostly grows while a training goes on; Theta_0, the full data, "
                "comes first"
            )
        return found


def _falls(values: Sequence[float]) -> bool:
    return all(before > after for before, after in pairwise(values))
