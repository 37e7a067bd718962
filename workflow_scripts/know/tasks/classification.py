"""Downstream image classification: the paper's two-phase fine-tuning."""

from dataclasses import dataclass

import torch

from know.architectures.network import Network
from know.data.arrays import ImageDataset
from know.randomness import seed_for
from know.tasks.finetuning import Finetuning, pretrained_network
from know.tasks.image_task import ImageTask, put_splits
from know.tasks.task import Outcome, curves_of
from know.training.engine import train
from know.training.evaluation import accuracy, predicted_classes
from know.training.images import Images
from know.training.progress import Progress
from know.weights.checkpoint import State


@dataclass(frozen=True)
class Classification(ImageTask):
    """A class for each image."""

    def finetune(
        self,
        state: State,
        settings: Finetuning,
        *,
        seed: int,
        calibration: Images | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Put a new head on `state` and fine-tune it, as `Task.finetune`.

        Source: the authors' `3_`/`4_` scripts: norm layers and head first, then
        everything.

        Returns:
            The `accuracy` on the test split in percent points; as samples the
            predicted `classes`, shape (N,).
        """
        network = self.starting_network(
            state, settings, seed=seed, calibration=calibration
        )
        precision = settings.training.precision

        def measure(network: torch.nn.Module) -> dict[str, float]:
            return {"accuracy": accuracy(network, self.test, precision=precision)}

        result = train(
            network,
            self.train,
            settings.training,
            seed=seed_for(seed, "training"),
            evaluate=measure,
            evaluate_every=settings.evaluate_every,
            progress=progress,
        )
        classes_N = predicted_classes(network, self.test, precision=precision)
        return Outcome(
            curves=curves_of(result.curve),
            seconds=result.seconds,
            samples={"classes": classes_N.to(torch.int16).cpu()},
        )

    def starting_network(
        self,
        state: State,
        settings: Finetuning,
        *,
        seed: int,
        calibration: Images | None,
    ) -> Network:
        """The pre-trained network on the device, with a new head for the classes."""
        network = pretrained_network(
            state, settings, image_size=self.image_size, calibration=calibration
        )
        network.replace_head(self.num_classes, seed=seed_for(seed, "head"))
        return network.to(self.train.device)


def load_task(dataset: ImageDataset, *, device: torch.device) -> Classification:
    """Copy a downstream data set to `device`, as `put_splits`."""
    splits = put_splits(dataset, "classes", device=device)
    return Classification(dataset.name, len(dataset.class_names), *splits)
