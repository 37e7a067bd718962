"""DeepLabV3+: one class per pixel."""

# Shape suffixes: B batch, K classes, C channels, H height, W width; M, N height and
# width of a feature map.

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3PlusDecoder
from segmentation_models_pytorch.encoders import get_encoder
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.ops import Conv2dNormActivation

from know.architectures.layers import expect_unscaled_inputs, he_normal, load_start
from know.architectures.network import ImageSize, Network
from know.weights.tensor_reader import read_tensors

READS_NON_SQUARE = True
READS_ANY_SIZE = True
STARTS = {
    "encoder_weights": {
        "imagenet": "https://huggingface.co/smp-hub/mobilenet_v2.imagenet/resolve/"
        "e67aa804e17f7b404b629127eabbd224c4e0690b/model.safetensors"
    }
}
OPTIONS = {
    "encoder": {"enum": ["mobilenet_v2", "small"]},
    "encoder_width": {"type": "integer", "minimum": 1},
    "encoder_weights": {"type": ["string", "null"]},
    "decoder_channels": {"type": "integer", "minimum": 1},
    "atrous_rates": {
        "type": "array",
        "minItems": 3,
        "maxItems": 3,
        "items": {"type": "integer", "minimum": 1},
    },
    "dropout": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
}

_EXPANSION = 4


class Segmenter(Network):
    """A network whose head is a 1x1 convolution, and whose logits are a map.

    Its body reads images whose sides are multiples of `stride`, in pixels.
    """

    def __init__(
        self, body: nn.Module, *, stride: int, num_features: int, num_classes: int
    ) -> None:
        """Put a head of `num_classes` channels behind `body`."""
        super().__init__(body, num_features=num_features, num_classes=num_classes)
        self.stride = stride

    @staticmethod
    def make_head(num_features: int, num_classes: int) -> nn.Module:
        """Make a head with PyTorch's default initialisation."""
        return nn.Conv2d(num_features, num_classes, 1)

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Return logits of shape (batch, classes, height, width), for any size.

        Images are padded below and on the right with zeros, the mean colour, to a
        multiple of the stride. Logits are interpolated in float32, under autocast too:
        rounded to bfloat16 they would move the borders between classes by pixels.
        """
        height, width = images_BCHW.shape[2:]
        images_BCHW = functional.pad(
            images_BCHW, (0, -width % self.stride, 0, -height % self.stride)
        )
        logits_BKMN = self.head(self.body(images_BCHW)).float()
        logits_BKHW = functional.interpolate(
            logits_BKMN,
            size=images_BCHW.shape[2:],
            mode="bilinear",
            align_corners=True,
        )
        return logits_BKHW[:, :, :height, :width]


class _SmallEncoder(nn.Module):
    """The start of a narrow MobileNetV2, up to an eighth of the image's size."""

    output_stride = 8

    def __init__(self, width: int) -> None:
        super().__init__()
        self.out_channels = [3, width, 2 * width, 4 * width]
        self.stages = nn.ModuleList(
            [
                Conv2dNormActivation(3, width, stride=2, activation_layer=nn.ReLU6),
                InvertedResidual(width, 2 * width, 2, _EXPANSION),
                InvertedResidual(2 * width, 4 * width, 2, _EXPANSION),
            ]
        )
        he_normal(self)

    def forward(self, images_BCHW: Tensor) -> list[Tensor]:
        maps = [images_BCHW]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps


def deeplabv3plus(
    *,
    num_classes: int,
    image_size: ImageSize,
    encoder: Literal["mobilenet_v2", "small"] = "mobilenet_v2",
    encoder_width: int = 8,
    encoder_weights: str | None = None,
    decoder_channels: int = 256,
    atrous_rates: Sequence[int] = (12, 24, 36),
    dropout: float = 0.5,
) -> Segmenter:
    """Parallel dilated convolutions on a coarse map, joined with a finer one.

    Source: Chen et al. (arXiv 1802.02611) in the form of segmentation-models-pytorch,
    with separable convolutions and an output stride of 16. The small encoder is ours: a
    stem and two inverted residuals (arXiv 1801.04381), output stride 8. The body has
    4,378,256 weights by default. Decision 24.

    Options:
        encoder: `mobilenet_v2`, the paper's, or `small`.
        encoder_width: channels of the small encoder's stem; the blocks have 2 and 4
            times as many.
        encoder_weights: weights of the encoder to start from instead of random ones: a
            safetensors file. In a config also `imagenet`, for MobileNetV2's that
            segmentation-models-pytorch publishes, or an address.
        decoder_channels: channels of each of the decoder's convolutions.
        atrous_rates: dilations of three of its parallel branches.
        dropout: share of the values behind these branches that training leaves out.
    """
    made = (
        _SmallEncoder(encoder_width)
        if encoder == "small"
        else get_encoder(encoder, weights=None, output_stride=16)
    )
    # A network on `meta` has names and shapes only, and nothing to load into.
    if encoder_weights and not next(made.parameters()).is_meta:
        state = read_tensors(Path(encoder_weights))
        kept = {n: v for n, v in state.items() if not n.startswith("classifier.")}
        load_start(made, kept, f"deeplabv3plus: encoder_weights {encoder_weights!r}")
        expect_unscaled_inputs(made)
    decoder = DeepLabV3PlusDecoder(
        encoder_channels=made.out_channels,
        encoder_depth=len(made.out_channels) - 1,
        out_channels=decoder_channels,
        atrous_rates=atrous_rates,
        output_stride=made.output_stride,
        aspp_separable=True,
        aspp_dropout=dropout,
    )
    return Segmenter(
        nn.Sequential(OrderedDict(encoder=made, decoder=decoder)),
        stride=made.output_stride,
        num_features=decoder_channels,
        num_classes=num_classes,
    )
