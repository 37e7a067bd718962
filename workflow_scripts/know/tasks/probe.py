"""A small transfer on pre-training data that tells how good weights are to start from.

It puts a new head on the weights, fine-tunes them briefly on a few images of the
pre-training data set and measures the accuracy on others. `docs/selection.md` says what
that can and cannot tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch

from know.data.subsets import nested_order
from know.errors import KnowError
from know.forgetting.ladder import Ladder
from know.randomness import seed_for
from know.tasks.classification import Classification
from know.tasks.finetuning import Finetuning, NormLayers, start_norms
from know.training.settings import TrainingSettings
from know.weights.checkpoint import State


@dataclass(frozen=True, kw_only=True)
class Probe:
    """How weights are scored, and when others than Theta_0 are selected."""

    split: Literal["test", "d0"]
    """Images that no training has seen, or D_0 itself, which favours Theta_0."""
    images: int
    """Largest number of images per trial, drawn class by class."""
    share: float
    """Share of them that is held out for the score, in (0, 1); the others train."""
    trials: int
    level: float
    """Corrected p-value below which another candidate than naive is selected."""
    training: TrainingSettings

    @classmethod
    def from_config(cls, settings: Mapping[str, Any]) -> "Probe":
        """Settings from the plain values of a config."""
        training = TrainingSettings.from_config(**settings["training"])
        return cls(**{**settings, "training": training})


def probe_task(ladder: Ladder, probe: Probe, *, seed: int) -> Classification:
    """The images of one trial, split into what trains and what measures.

    Args:
        ladder: the run's pre-training data.
        probe: settings.
        seed: seed of the trial; every trial draws its own images.

    Raises:
        KnowError: if there are too few images for both parts.
    """
    pool = ladder.test if probe.split == "test" else ladder.images
    labels_N = pool.labels_N.cpu().numpy()
    order_N = nested_order(labels_N, seed=seed_for(seed, "images"), stratified=True)
    indices_N = torch.from_numpy(order_N[: probe.images]).to(pool.labels_N.device)
    drawn = pool.part(indices_N)
    name = f"split {probe.split!r} of {ladder.dataset.name}"
    whole = Classification(name, len(ladder.dataset.class_names), drawn, drawn)
    task = whole.with_validation(probe.share, seed=seed_for(seed, "held out"))
    if not len(task.train):
        raise KnowError(
            f"selection: wanted images to train and to measure on, found {len(drawn)} "
            f"in {name} and a held-out share of {probe.share:g}"
        )
    return task


def probe_settings(ladder: Ladder, probe: Probe) -> Finetuning:
    """Fine-tuning settings of the probe; the weights come prepared."""
    return Finetuning(
        task="selection",
        architecture=ladder.settings.architecture,
        options=ladder.settings.options,
        norm_layers="base",
        training=probe.training,
        evaluate_every=sum(phase.epochs for phase in probe.training.phases),
    )


def prepared(state: State, norm_layers: NormLayers, ladder: Ladder) -> State:
    """Put the norm layers of weights where a fine-tuning is to start them.

    Args:
        state: weights of the run's network.
        norm_layers: where norm layers start; `recalibrate` measures on D_0.
        ladder: the run's pre-training data.

    Returns:
        The same tensors, but for those of norm layers that are reset or measured anew.
    """
    network = ladder.network(state)
    start_norms(network, norm_layers, ladder.images)
    return dict(network.state_dict())
