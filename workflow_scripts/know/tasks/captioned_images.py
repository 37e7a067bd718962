"""Images with several true captions each, for training and measuring a captioner."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from know.architectures.captioner import Captioner
from know.data.arrays import END, PAD, START
from know.data.augmentation import Augmentation
from know.tasks.caption_metrics import right_and_counted
from know.training.epochs import autocast
from know.training.examples import Batch
from know.training.images import Images, channels_last
from know.training.settings import Precision

# Shape suffixes: N images, B batch, C channels, H height, W width, D draws, K captions
# of an image, L tokens, V vocabulary; P places of a map, F features of a place.

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

        Args:
            network: a captioner.
            batch: images with all their captions.
            draws_BD: uniform in [0, 1); the last of an image chooses its caption.
            augmentation: what to do to the images.
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

    Args:
        captioner: on the images' device; left in evaluation mode.
        images: without augmentation.
        precision: as in `TrainingSettings`.
    """
    captioner.eval()
    counts = torch.zeros(2, dtype=torch.int64, device=images.device)
    for batch in images.in_order(_BATCH):
        captions_BKL = batch.labels_B
        tokens_BL = captions_BKL.flatten(0, 1)
        with autocast(images.device, precision):
            features_BPF = captioner.features(channels_last(batch.inputs_BCHW))
            features_BPF = features_BPF.repeat_interleave(captions_BKL.shape[1], dim=0)
            logits_BLV = captioner.head(features_BPF, tokens_BL[:, :-1])
        counts += right_and_counted(logits_BLV, tokens_BL[:, 1:])
    return 100 * int(counts[0]) / int(counts[1])


def generated_captions(
    captioner: Captioner, images: CaptionedImages, *, precision: Precision
) -> Tensor:
    """The caption that `captioner` writes for each image, likeliest word by word.

    Args:
        captioner: on the images' device; left in evaluation mode.
        images: without augmentation.
        precision: as in `TrainingSettings`.

    Returns:
        Tokens, int64 of shape (N, L).
    """
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
