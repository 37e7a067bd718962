"""Downstream image classification: the paper's two-phase fine-tuning."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch

from know.architectures import build_network
from know.architectures.network import Network
from know.data.arrays import ImageDataset
from know.data.subsets import nested_order
from know.randomness import seed_for
from know.training.engine import TrainingResult, train
from know.training.evaluation import accuracy
from know.training.images import Images, put_images
from know.training.norms import recalibrate_norms, reset_norms
from know.training.progress import Progress
from know.training.settings import TrainingSettings
from know.weights.checkpoint import State

NormLayers = Literal["base", "fresh", "recalibrate"]


@dataclass(frozen=True, kw_only=True)
class Finetuning:
    """What a downstream task needs beside its data and a set of weights."""

    task: str
    architecture: str
    options: Mapping[str, Any] = field(default_factory=dict)
    norm_layers: NormLayers
    """Where BatchNorm starts: as it came, at its initial values, or measured anew."""
    training: TrainingSettings
    evaluate_every: int
    """Epochs between two points of the accuracy curve; the last is always there."""

    @classmethod
    def from_config(cls, settings: Mapping[str, Any]) -> "Finetuning":
        """Settings from the plain values of a config."""
        training = TrainingSettings.from_config(**settings["training"])
        return cls(**{**settings, "training": training})

    @property
    def learning_rate(self) -> float:
        """Peak learning rate of the last phase, which trains everything."""
        return self.training.phases[-1].learning_rate

    def at_learning_rate(self, learning_rate: float) -> "Finetuning":
        """The same task with another peak learning rate where everything trains."""
        phases = tuple(
            replace(phase, learning_rate=learning_rate)
            if phase.trainable == "everything"
            else phase
            for phase in self.training.phases
        )
        return replace(self, training=replace(self.training, phases=phases))


@dataclass(frozen=True)
class Classification:
    """A downstream data set on the device, split into what trains and what measures."""

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
    ) -> TrainingResult:
        """Put a new head on `state` and fine-tune it.

        Source: the authors' `3_`/`4_` scripts: norm layers and head first, then
        everything.

        Args:
            state: weights of the pre-trained network; its head is replaced.
            settings: of the task.
            seed: of head, order and augmentation.
            calibration: where `norm_layers: recalibrate` measures its statistics, which
                is D_0.
            progress: where finished epochs are kept.

        Returns:
            Moments, the test accuracies in percent points, and seconds.
        """
        network = self._network(state, settings, seed=seed, calibration=calibration)
        precision = settings.training.precision
        return train(
            network,
            self.train,
            settings.training,
            seed=seed_for(seed, "training"),
            evaluate=lambda network: accuracy(network, self.test, precision=precision),
            evaluate_every=settings.evaluate_every,
            progress=progress,
        )

    def with_validation(self, share: float, *, seed: int) -> "Classification":
        """The same task measured on a share of its training images, held out.

        Args:
            share: of the training images, in (0, 1); drawn class by class.
            seed: of the draw.
        """
        labels_N = self.train.labels_N.cpu().numpy()
        order_N = torch.from_numpy(nested_order(labels_N, seed=seed, stratified=True))
        order_N = order_N.to(self.train.labels_N.device)
        held_out = max(1, round(share * len(labels_N)))
        return replace(
            self,
            train=_chosen(self.train, order_N[held_out:]),
            test=_chosen(self.train, order_N[:held_out]),
        )

    def _network(
        self,
        state: State,
        settings: Finetuning,
        *,
        seed: int,
        calibration: Images | None,
    ) -> Network:
        device = self.train.labels_N.device
        network = build_network(
            settings.architecture,
            num_classes=state["head.weight"].shape[0],
            image_size=self.train.pixels_NCHW.shape[-1],
            seed=0,
            options=settings.options,
        )
        network.load_state_dict(state)
        network.to(device)
        if settings.norm_layers == "fresh":
            reset_norms(network)
        elif settings.norm_layers == "recalibrate":
            assert calibration is not None, "the rule hands D_0 in to recalibrate on"
            recalibrate_norms(network, calibration)
        network.replace_head(self.num_classes, seed=seed_for(seed, "head"))
        return network.to(device)


def load_classification(
    dataset: ImageDataset, *, device: torch.device
) -> Classification:
    """Copy a downstream data set to `device`, centred by its own training mean."""
    train_images = put_images(dataset.train_images, dataset.train_labels, device=device)
    test_images = put_images(
        dataset.test_images,
        dataset.test_labels,
        device=device,
        mean_CHW=train_images.mean_CHW,
    )
    return Classification(
        dataset.name, len(dataset.class_names), train_images, test_images
    )


def _chosen(images: Images, indices_N: torch.Tensor) -> Images:
    return Images(
        images.pixels_NCHW[indices_N], images.labels_N[indices_N], images.mean_CHW
    )
