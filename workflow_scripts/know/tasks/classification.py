"""Downstream image classification: the paper's two-phase fine-tuning."""

from dataclasses import dataclass, replace
from typing import Self

import torch

from know.architectures.network import Network
from know.data.arrays import ImageDataset
from know.data.subsets import nested_order
from know.randomness import seed_for
from know.tasks.finetuning import Finetuning, pretrained_network
from know.tasks.task import Outcome, curves_of
from know.training.engine import train
from know.training.evaluation import accuracy, predicted_classes
from know.training.images import Images, put_images
from know.training.progress import Progress
from know.weights.checkpoint import State


@dataclass(frozen=True)
class Classification:
    """A downstream data set on the device, split into what trains and what measures."""

    name: str
    num_classes: int
    train: Images
    test: Images

    @property
    def image_size(self) -> int:
        """Side of the images, in pixels."""
        return self.train.image_size

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

    def with_validation(self, share: float, *, seed: int) -> Self:
        """The same task measured on a share of its training images, held out.

        Args:
            share: of the training images, in (0, 1); drawn class by class where an
                image has one.
            seed: of the draw.
        """
        labels_N = self.train.labels_N.cpu().numpy()
        order_N = torch.from_numpy(
            nested_order(labels_N, seed=seed, stratified=labels_N.ndim == 1)
        ).to(self.train.device)
        held_out = max(1, round(share * len(labels_N)))
        return replace(
            self,
            train=self.train.part(order_N[held_out:]),
            test=self.train.part(order_N[:held_out]),
        )


def load_task(dataset: ImageDataset, *, device: torch.device) -> Classification:
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
