"""The fine-tuning that all types of downstream task share."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import torch
from torch import Tensor, nn

from know.architectures.network import BodyAndHead, Network
from know.data.arrays import ImageDataset, Target
from know.data.subsets import absent_classes, nested_order
from know.errors import KnowError, some_of
from know.randomness import seed_for
from know.tasks.finetuning import Finetuning, pretrained_network
from know.training.engine import train
from know.training.images import Images, put_dataset
from know.training.progress import Progress
from know.training.settings import Precision
from know.weights.checkpoint import State

log = logging.getLogger("know")

Curves = dict[str, list[float]]
"""By metric, its value after each epoch that was measured."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Measurements of one fine-tuning."""

    curves: Curves
    """The first metric is the one that learning rates are chosen by."""
    seconds: float
    """Wall time of the training."""
    samples: Mapping[str, Tensor] = field(default_factory=dict)
    """Output of the network for test images, such as the class of each."""

    @property
    def value(self) -> float:
        """The first metric after the last epoch."""
        return next(iter(self.curves.values()))[-1]


@dataclass(frozen=True)
class Task(ABC):
    """A downstream data set on the device, and how weights are fine-tuned on it.

    A type of task says what it measures, and may build another network, train on other
    images or measure more at the end.
    """

    name: str
    num_classes: int
    train: Images
    test: Images

    def finetune(
        self,
        state: State,
        settings: Finetuning,
        *,
        seed: int,
        calibration: Images | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Put what the task needs on `state` and fine-tune it.

        Args:
            state: weights of a pre-trained network, left as they are.
            settings: fine-tuning settings.
            seed: seed of whatever is new in the network, of order and augmentation.
            calibration: D_0, which `norm_layers: recalibrate` measures on.
            progress: where finished epochs are kept.
        """
        task = self.drawn(settings.images, seed=seed_for(seed, "images"))
        task = task.for_trial(seed)
        network = task.starting_network(
            pretrained_network(
                state,
                settings,
                image_size=self.train.image_size,
                calibration=calibration,
            ),
            settings,
            seed=seed_for(seed, "head"),
        )
        result = train(
            network,
            task.train,
            settings.training,
            seed=seed_for(seed, "training"),
            evaluate=partial(task.measure, precision=settings.training.precision),
            evaluate_every=settings.evaluate_every,
            progress=progress,
        )
        curves = {
            metric: [measured[metric] for measured in result.curve]
            for metric in result.curve[0]
        }
        curves, samples = task.conclude(network, curves, settings)
        return Outcome(curves=curves, seconds=result.seconds, samples=samples)

    def drawn(self, images: int | None, *, seed: int) -> Self:
        """The same task with so many of its training images, or with all."""
        if images is None:
            return self
        drawn = self.train.part(self._order(seed)[:images])
        labels_N = drawn.labels_N.cpu().numpy()
        if absent := absent_classes(labels_N, self.num_classes):
            log.warning(
                "%s: none of the %d images drawn to train on is of class %s",
                *(self.name, images, some_of([str(index) for index in absent])),
            )
        return replace(self, train=drawn)

    def for_trial(self, seed: int) -> Self:
        """The task as the trial of this seed trains and measures it."""
        return self

    def starting_network(
        self, pretrained: Network, settings: Finetuning, *, seed: int
    ) -> BodyAndHead:
        """The pre-trained network on the device, with a new head for the classes."""
        pretrained.replace_head(self.num_classes, seed=seed)
        return pretrained.to(self.train.device)

    @abstractmethod
    def measure(self, network: nn.Module, *, precision: Precision) -> dict[str, float]:
        """Measure the network after an epoch; by metric, in percent points."""

    @abstractmethod
    def conclude(
        self, network: nn.Module, curves: Curves, settings: Finetuning
    ) -> tuple[Curves, dict[str, Tensor]]:
        """Curves to report, and samples of the trained network's output.

        `curves` are what `measure` found after each epoch.
        """

    def with_validation(self, share: float, *, seed: int) -> Self:
        """The same task measured on a share of its training images, held out.

        Args:
            share: share of the training images, in (0, 1); drawn class by class if an
                image has one class.
            seed: seed of the draw.
        """
        order_N = self._order(seed)
        held_out = max(1, round(share * len(order_N)))
        return replace(
            self,
            train=self.train.part(order_N[held_out:]),
            test=self.train.part(order_N[:held_out]),
        )

    def _order(self, seed: int) -> Tensor:
        """Shuffle the training images, class by class if an image has one class."""
        labels_N = self.train.labels_N.cpu().numpy()
        order_N = nested_order(labels_N, seed=seed, stratified=labels_N.ndim == 1)
        return torch.from_numpy(order_N).to(self.train.device)


def put_splits(
    dataset: ImageDataset, target: Target, *, device: torch.device
) -> tuple[Images, Images]:
    """Copy the training and the test split to `device`, as `put_dataset`.

    Raises:
        KnowError: if the labels are not of the kind that the task reads.
    """
    if dataset.target != target:
        raise KnowError(
            f"the task wants {target}, the labels of data set {dataset.name!r} are "
            f"{dataset.target}"
        )
    return put_dataset(dataset, device=device)
