"""Downstream captioning: the pre-trained body, and a decoder from random weights.

Source: section 5.3 of Jang et al. (arXiv 2508.05059): random decoder, Adam, masked
accuracy; the numbers are the config's. Decision 23.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from know.architectures.captioner import Captioner, DecoderSettings
from know.architectures.network import Network
from know.data.arrays import ImageDataset
from know.tasks.caption_metrics import bleu4, cider, true_captions, words
from know.tasks.captioned_images import (
    CaptionedImages,
    generated_captions,
    masked_accuracy,
)
from know.tasks.finetuning import Finetuning
from know.tasks.task import Curves, Task, put_splits
from know.training.settings import Precision

# Shape suffixes: N images, K captions of an image, L tokens.

METRICS = ("masked_accuracy", "bleu4", "cider")
OPTIONS = {
    "samples": {
        "type": "integer",
        "minimum": 1,
        "description": "test images whose captions are kept",
    },
    "decoder": {
        "type": "object",
        "additionalProperties": False,
        "required": ["width", "depth", "heads", "dropout"],
        "properties": {
            "width": {
                "type": "integer",
                "minimum": 1,
                "description": "numbers per word, a multiple of heads",
            },
            "depth": {"type": "integer", "minimum": 1, "description": "blocks"},
            "heads": {"type": "integer", "minimum": 1},
            "dropout": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        },
    },
}
REQUIRED_OPTIONS = ("samples", "decoder")


@dataclass(frozen=True)
class Captioning(Task):
    """One sentence per image; the classes are the words of the vocabulary."""

    train: CaptionedImages
    test: CaptionedImages

    def starting_network(
        self, pretrained: Network, settings: Finetuning, *, seed: int
    ) -> Captioner:
        """The pre-trained body on the device, with a new decoder for the words."""
        captioner = Captioner(
            pretrained,
            image_size=self.image_size,
            num_words=self.num_classes,
            length=self.train.labels_N.shape[2],
            settings=DecoderSettings(**settings.task_options["decoder"]),
            seed=seed,
        )
        return captioner.to(self.train.device)

    def measure(self, network: nn.Module, *, precision: Precision) -> dict[str, float]:
        """`masked_accuracy` on the test split."""
        assert isinstance(network, Captioner)
        return {
            "masked_accuracy": masked_accuracy(network, self.test, precision=precision)
        }

    def conclude(
        self, network: nn.Module, curves: Curves, settings: Finetuning
    ) -> tuple[Curves, dict[str, Tensor]]:
        """Add `bleu4` and `cider` of the last epoch, and captions of test images.

        The samples are the `tokens` of the first test images, int32 of (samples, L).
        """
        assert isinstance(network, Captioner)
        tokens_NL = generated_captions(
            network, self.test, precision=settings.training.precision
        )
        shown_NL = tokens_NL[: settings.task_options["samples"]]
        return (
            curves | agreement(tokens_NL, self.test.labels_N),
            {"tokens": shown_NL.to(torch.int32).cpu()},
        )


def agreement(tokens_NL: Tensor, captions_NKL: Tensor) -> Curves:
    """BLEU-4 and CIDEr of generated captions, each as a curve of one point.

    Args:
        tokens_NL: one caption per image.
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
