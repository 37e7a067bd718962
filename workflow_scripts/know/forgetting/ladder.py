"""Nested subsets of one data set, and training on them.

Stage 0 trains on D_0, the first images of one seeded shuffle; stage s continues with
the first floor(|D_0| * rate^s) of them. Later stages know less: the network forgets.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn

from know.architectures import build_network
from know.architectures.network import Network
from know.data.arrays import ImageDataset, read_dataset
from know.data.subsets import absent_classes, nested_order, stage_sizes
from know.errors import KnowError, some_of
from know.provenance import versions
from know.randomness import seed_for
from know.training.averages import WeightAverages
from know.training.engine import train
from know.training.evaluation import accuracy
from know.training.images import put_dataset
from know.training.processes import process_number
from know.training.progress import Progress
from know.training.settings import TrainingSettings
from know.weights.checkpoint import State, on_cpu
from know.weights.kinds import tensor_kinds

log = logging.getLogger("know")


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """Settings of one pre-trained network."""

    network: str
    """Id of the network, or of the run it belongs to."""
    architecture: str
    options: Mapping[str, Any] = field(default_factory=dict)
    images: int | None
    """|D_0|, the first images of the shuffle; None for the whole training split."""
    seed: int
    stratified: bool = False
    training: TrainingSettings

    @classmethod
    def from_config(cls, settings: Mapping[str, Any]) -> "Pretraining":
        """Settings from the plain values of a config."""
        training = TrainingSettings.from_config(**settings["training"])
        return cls(**{**settings, "training": training})


@dataclass(frozen=True)
class TrainedStage:
    """Weights after one stage, and facts about them."""

    state: State
    optimizer_state: State
    """Adam's state, with which the next stage continues. Decision 3."""
    facts: dict[str, Any]
    curve: Sequence[float] = ()
    """Accuracy on D_0, in percent, on the way and at the end, if asked for."""
    averages: Mapping[str, tuple[State, dict[str, Any]]] = field(default_factory=dict)
    """Weights and facts of `WeightAverages` over the training, by name, if wanted."""


class Ladder:
    """The subsets of one pre-training, on the device, and the network trained on them.

    Every stage centres its inputs by the mean of D_0.
    """

    def __init__(
        self, dataset: ImageDataset, settings: Pretraining, *, device: torch.device
    ) -> None:
        """Draw D_0 from the training split and copy it and the test split to `device`.

        Raises:
            KnowError: if the data set holds fewer images than D_0 wants.
        """
        total = len(dataset.train_labels)
        wanted = total if settings.images is None else settings.images
        if wanted > total:
            raise KnowError(
                f"{settings.network} wants {wanted} training images, data set "
                f"{dataset.name!r} holds {total}"
            )
        order_N = nested_order(
            dataset.train_labels,
            seed=seed_for("order", settings.seed),
            stratified=settings.stratified,
        )[:wanted]
        self.settings = settings
        self.dataset = dataset
        self.device = device
        self.images, self.test = put_dataset(dataset, device=device, order_N=order_N)

    @classmethod
    def read(
        cls, dataset: Path, settings: Mapping[str, Any], *, device: torch.device
    ) -> Self:
        """The ladder of a data set's file and of settings as a config states them."""
        pretraining = Pretraining.from_config(settings)
        return cls(read_dataset(dataset), pretraining, device=device)

    def sizes(self, *, rate: float, stages: int) -> list[int]:
        """|D_s| for every stage s, largest first."""
        return stage_sizes(len(self.images), rate=rate, stages=stages)

    def network(self, state: State | None = None) -> Network:
        """The run's network, freshly initialised or holding `state`."""
        network = build_network(
            self.settings.architecture,
            num_classes=len(self.dataset.class_names),
            image_size=self.images.image_size,
            seed=seed_for("initialisation", self.settings.seed),
            options=self.settings.options,
            state=state,
        )
        return network.to(self.device)

    def train_stage(
        self,
        *,
        samples: int,
        purpose: str,
        stage: int,
        start: TrainedStage | None = None,
        progress: Progress | None = None,
        evaluate_every: int | None = None,
        wants_averages: bool = False,
    ) -> TrainedStage:
        """Train on the first `samples` images and measure the accuracy on D_0.

        If several processes train together, the first measures.

        Args:
            samples: size of the stage's subset.
            purpose: `pretraining`, `forgetting` or `incremental`; part of the seed.
            stage: number of the stage; part of the seed.
            start: weights and optimizer state to continue with; by default a fresh
                initialisation.
            progress: where finished steps are kept.
            evaluate_every: epochs between two measurements of the accuracy on D_0, for
                `TrainedStage.curve`; by default it is measured at the end alone.
            wants_averages: average the weights on the way; those of the stage itself
                are the same to the bit.

        Returns:
            Weights and optimizer state, on the CPU, and facts about the stage.
        """
        settings = self.settings
        network = self.network(start.state if start else None)
        epochs = sum(phase.epochs for phase in settings.training.phases)
        averages = WeightAverages(network, epochs=epochs) if wants_averages else None
        images, names = self.images.first(samples), self.dataset.class_names
        if absent := absent_classes(images.labels_N.cpu().numpy(), len(names)):
            listed = some_of([names[index] for index in absent])
            log.warning(
                "stage %d: none of its %d images is of class %s", stage, samples, listed
            )
        result = train(
            network,
            images,
            settings.training,
            seed=seed_for(purpose, settings.seed, "stage", stage),
            optimizer_state=start.optimizer_state if start else None,
            progress=progress,
            evaluate=self._measure if evaluate_every else None,
            evaluate_every=evaluate_every or epochs,
            averages=averages,
        )
        is_first = process_number() == 0
        facts_of = partial(self.facts, samples=samples, stage=stage)
        return TrainedStage(
            on_cpu(network.state_dict()),
            on_cpu(result.optimizer_state),
            facts_of(network) if is_first else {},
            [measured["accuracy"] for measured in result.curve],
            {
                name: (on_cpu(network.state_dict()), {**facts_of(network), **facts})
                for name, network, facts in averages.networks(self.images)
            }
            if averages and is_first
            else {},
        )

    def _measure(self, network: nn.Module) -> dict[str, float]:
        precision = self.settings.training.precision
        return {"accuracy": accuracy(network, self.images, precision=precision)}

    def facts(self, network: nn.Module, *, samples: int, stage: int) -> dict[str, Any]:
        """Facts that a checkpoint states: how it was trained, what it scores."""
        settings = self.settings
        precision = settings.training.precision
        return {
            "accuracy": accuracy(network, self.images, precision=precision),
            "architecture": settings.architecture,
            "dataset": self.dataset.name,
            "digests": self.dataset.digests,
            "epochs": sum(phase.epochs for phase in settings.training.phases),
            "learning_rate": settings.training.phases[0].learning_rate,
            "image_size": self.images.image_size,
            "kinds": list(tensor_kinds(network.state_dict()).items()),
            "network": settings.network,
            "num_classes": len(self.dataset.class_names),
            "options": dict(settings.options),
            "samples": samples,
            "seed": settings.seed,
            "stage": stage,
            "test_accuracy": accuracy(network, self.test, precision=precision),
            "versions": versions(),
        }
