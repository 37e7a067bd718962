"""Settings of a fine-tuning, and the network that it starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from know.architectures import build_network
from know.architectures.network import ImageSize, Network
from know.training.images import Images
from know.training.norms import NormLayers, start_norms
from know.training.settings import TrainingSettings
from know.weights.checkpoint import State


@dataclass(frozen=True, kw_only=True)
class Finetuning:
    """Settings of one downstream task for the networks of one architecture."""

    task: str
    """Id of the task."""
    pretraining_seed: int = 0
    """Seed of the run's pre-training; part of every trial's seed."""
    architecture: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the architecture."""
    norm_layers: NormLayers
    """Where BatchNorm starts: as it came, at its initial values, or measured anew."""
    training: TrainingSettings
    images: int | None = None
    """Training images of a trial, drawn anew in each; None for all."""
    evaluate_every: int
    """Epochs between two points of a curve; the last is always there."""
    task_options: Mapping[str, Any] = field(default_factory=dict)
    """Options of this type of task; its module states them."""

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


def pretrained_network(
    state: State,
    settings: Finetuning,
    *,
    image_size: ImageSize,
    calibration: Images | None,
) -> Network:
    """The pre-trained network, its norm layers as the fine-tuning is to start them.

    It is on the CPU, unless `norm_layers: recalibrate` measures D_0 on another device.
    """
    network = build_network(
        settings.architecture,
        num_classes=state["head.weight"].shape[0],
        image_size=image_size,
        seed=0,
        options=settings.options,
        state=state,
    )
    start_norms(network, settings.norm_layers, calibration)
    return network
