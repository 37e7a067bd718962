"""Downstream captioning: the pre-trained body, and a decoder from random weights.

Source: section 5.3 of Jang et al. (arXiv 2508.05059): random decoder, Adam, masked
accuracy; the numbers are the config's. Decision 23.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from know.architectures.captioner import Captioner
from know.architectures.network import Network
from know.data.arrays import END, PAD, START, ImageDataset
from know.data.augmentation import Augmentation
from know.tasks.caption_metrics import (
    bleu4,
    cider,
    true_captions,
    words,
)
from know.tasks.finetuning import Finetuning
from know.tasks.task import Curves, Task, put_splits
from know.training.epochs import autocast
from know.training.images import Batch, Images, channels_last
from know.training.settings import Precision

# Shape suffixes: N images, B batch, C channels, H height, W width, D draws, K captions
# of an image, L tokens, V vocabulary; P places of a map, F features of a place.

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
        "multiple_of": {"width": "heads"},
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


_BATCH = 50
"""Images per forward pass: each has K captions, each token V logits."""


@dataclass(frozen=True)
class CaptionedImages(Images):
    """A split on the device whose labels are captions, int64 of shape (N, K, L)."""

    def num_draws(self, augmentation: Augmentation) -> int:
        """Random numbers of the augmentation, and one that chooses a caption."""
        return augmentation.num_draws + 1

    def loss(
        self,
        network: nn.Module,
        batch: Batch,
        draws_BD: Tensor,
        augmentation: Augmentation,
    ) -> Tensor:
        """Mean cross-entropy of the words of one true caption per image.

        Source: Keras' image captioning example, for the mean over all places of the
        batch that are not padding. It sums the losses of an image's captions where
        this draws one of them each epoch.

        The last draw of an image chooses its caption.
        """
        captions_BKL = batch.labels_B
        chosen_B = (draws_BD[:, -1] * captions_BKL.shape[1]).long()
        tokens_BL = captions_BKL[
            torch.arange(len(chosen_B), device=self.device), chosen_B
        ]
        inputs_BCHW = augmentation.apply(batch.inputs_BCHW, draws_BD[:, :-1])
        logits_BLV = network(channels_last(inputs_BCHW), tokens_BL[:, :-1])
        return nn.functional.cross_entropy(
            logits_BLV.flatten(0, 1), tokens_BL[:, 1:].flatten(), ignore_index=PAD
        )


@torch.no_grad()
def masked_accuracy(
    captioner: Captioner, images: CaptionedImages, *, precision: Precision
) -> float:
    """Share of the words of all true captions that are said correctly, percent points.

    Source: `calculate_accuracy` of Keras' image captioning example: under teacher
    forcing, over all places that are not padding. The captioner must be on the
    images' device; it is left in evaluation mode.
    """
    captioner.eval()
    right = torch.zeros((), dtype=torch.int64, device=images.device)
    counted = torch.zeros_like(right)
    for batch in images.in_order(_BATCH):
        captions_BKL = batch.labels_B
        tokens_BL = captions_BKL.flatten(0, 1)
        with autocast(images.device, precision):
            features_BPF = captioner.features(channels_last(batch.inputs_BCHW))
            features_BPF = features_BPF.repeat_interleave(captions_BKL.shape[1], dim=0)
            logits_BLV = captioner.head(features_BPF, tokens_BL[:, :-1])
        targets_BL = tokens_BL[:, 1:]
        counts_BL = targets_BL != PAD
        right += ((logits_BLV.argmax(2) == targets_BL) & counts_BL).sum()
        counted += counts_BL.sum()
    return 100 * int(right) / int(counted)


def generated_captions(
    captioner: Captioner, images: CaptionedImages, *, precision: Precision
) -> Tensor:
    """Tokens (N, L) that `captioner` writes for images, likeliest word by word."""
    captioner.eval()
    captions = []
    for batch in images.in_order(_BATCH):
        with autocast(images.device, precision):
            captions.append(
                captioner.generate(
                    channels_last(batch.inputs_BCHW),
                    length=images.labels_N.shape[2],
                    start=START,
                    end=END,
                    pad=PAD,
                )
            )
    return torch.cat(captions)


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
            image_size=self.train.image_size,
            num_words=self.num_classes,
            length=self.train.labels_N.shape[2],
            decoder=settings.task_options["decoder"],
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
    """BLEU-4 and CIDEr of captions against the true ones, as curves of one point."""
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
