"""Which trials of a meta-data set are for training, and which only measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["training", "stopping", "trials", "family", "dataset", "unused"]


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Meta-runs that no training sees."""

    every: int
    """One meta-run in so many is held out, and the one before it stops trainings."""
    families: Sequence[str]
    """Ids of architectures that are held out as a whole."""
    datasets: Sequence[str]
    """Ids of data sets that are held out as a whole."""

    def role(self, trial: Mapping[str, Any]) -> Role:
        """Role of a trial, by its number and by what it had drawn.

        Args:
            trial: its `number`, `family` and `dataset`, and `unused`, the reason why
                nobody can learn from it, if there is one.

        Returns:
            `training`; `stopping`, on which trainings are stopped early; or the group
            of held-out trials it belongs to: `trials` (known families and data sets),
            `family`, `dataset`. A held-out family on a held-out data set is `unused`,
            and so is whatever says so of itself.
        """
        if trial["unused"]:
            return "unused"
        is_new_family = trial["family"] in self.families
        is_new_dataset = trial["dataset"] in self.datasets
        if is_new_family or is_new_dataset:
            if is_new_family and is_new_dataset:
                return "unused"
            return "family" if is_new_family else "dataset"
        place = trial["number"] % self.every
        if place == self.every - 1:
            return "trials"
        return "stopping" if place == self.every - 2 else "training"
