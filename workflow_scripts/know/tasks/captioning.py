"""Downstream captioning: the pre-trained body, and a decoder from random weights."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from know.architectures.captioner import Captioner, DecoderSettings
from know.data.arrays import ImageDataset
from know.randomness import seed_for
from know.tasks.caption_metrics import bleu4, cider, true_captions, words
from know.tasks.captioned_images import (
    CaptionedImages,
    generated_captions,
    masked_accuracy,
)
from know.tasks.finetuning import Finetuning, pretrained_network
from know.tasks.image_task import ImageTask, put_splits
from know.tasks.task import Outcome, curves_of
from know.training.engine import train
from know.training.images import Images
from know.training.progress import Progress
from know.weights.checkpoint import State

# Shape suffixes: N images, K captions of an image, L tokens.


@dataclass(frozen=True)
class Captioning(ImageTask):
    """A sentence for each image; the classes are the words of the vocabulary."""

    train: CaptionedImages
    test: CaptionedImages

    def finetune(
        self,
        state: State,
        settings: Finetuning,
        *,
        seed: int,
        calibration: Images | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Put a new decoder on the body of `state`, train both, as `Task.finetune`.

        The task's options are `decoder`, the fields of `DecoderSettings`, and
        `samples`, the number of test images whose captions are kept.

        Source: section 5.3 of Jang et al. (arXiv 2508.05059): random decoder, Adam,
        masked accuracy; the numbers are the config's. Decision 23.

        Returns:
            `masked_accuracy` on the test split, percent points; of the last epoch alone
            `bleu4` and `cider`; as samples the `tokens` of captions for the first test
            images, int32 of shape (samples, L).
        """
        captioner = self.captioner(state, settings, seed=seed, calibration=calibration)
        precision = settings.training.precision

        def measure(network: nn.Module) -> dict[str, float]:
            assert isinstance(network, Captioner)
            accuracy = masked_accuracy(network, self.test, precision=precision)
            return {"masked_accuracy": accuracy}

        result = train(
            captioner,
            self.train,
            settings.training,
            seed=seed_for(seed, "training"),
            evaluate=measure,
            evaluate_every=settings.evaluate_every,
            progress=progress,
        )
        tokens_NL = generated_captions(captioner, self.test, precision=precision)
        shown_NL = tokens_NL[: settings.task_options["samples"]]
        return Outcome(
            curves=curves_of(result.curve) | agreement(tokens_NL, self.test.labels_N),
            seconds=result.seconds,
            samples={"tokens": shown_NL.to(torch.int32).cpu()},
        )

    def captioner(
        self,
        state: State,
        settings: Finetuning,
        *,
        seed: int,
        calibration: Images | None,
    ) -> Captioner:
        """The pre-trained body on the device, with a new decoder for the words."""
        network = pretrained_network(
            state, settings, image_size=self.image_size, calibration=calibration
        )
        captioner = Captioner(
            network,
            image_size=self.image_size,
            num_words=self.num_classes,
            length=self.train.labels_N.shape[2],
            settings=DecoderSettings(**settings.task_options["decoder"]),
            seed=seed_for(seed, "head"),
        )
        return captioner.to(self.train.device)


def agreement(tokens_NL: Tensor, captions_NKL: Tensor) -> dict[str, list[float]]:
    """BLEU-4 and CIDEr of generated captions, each as a curve of one point.

    Args:
        tokens_NL: a caption for each image.
        captions_NKL: true captions of each image.
    """
    captions = [words(tokens_L) for tokens_L in tokens_NL]
    references = [true_captions(captions_KL) for captions_KL in captions_NKL]
    return {
        "bleu4": [bleu4(captions, references)],
        "cider": [cider(captions, references)],
    }


def load_task(dataset: ImageDataset, *, device: torch.device) -> Captioning:
    """Copy a data set with captions to `device`, as `put_splits`."""
    train_split, test_split = (
        CaptionedImages(split.pixels_NCHW, split.labels_N, split.mean_CHW)
        for split in put_splits(dataset, "captions", device=device)
    )
    return Captioning(dataset.name, len(dataset.class_names), train_split, test_split)
