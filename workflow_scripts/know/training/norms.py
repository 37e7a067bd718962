"""Norm layers as a fine-tuning starts them."""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from know.training.images import Images

NormLayers = Literal["base", "fresh", "recalibrate"]

# Pixels of a forward pass: 256 images of 64 pixels a side, 16 of 256.
_PIXELS = 2**20
_SMALLEST_BATCH, _LARGEST_BATCH = 16, 256


def start_norms(
    network: nn.Module, norm_layers: NormLayers, calibration: Images | None
) -> None:
    """Leave every BatchNorm as it came, reset it or measure it anew, in place.

    Source: the authors' predicted models are freshly built, so their BatchNorm scales,
    shifts and running statistics are initial ones. A LayerNorm keeps its values: it has
    no statistics that fine-tuning could recover. Decision 6.

    Args:
        network: moved to the device of `calibration` if it is measured on.
        norm_layers: where norm layers start.
        calibration: D_0, which `recalibrate` measures on.
    """
    if norm_layers == "fresh":
        for module in network.modules():
            if isinstance(module, _BatchNorm):
                module.reset_parameters()
    elif norm_layers == "recalibrate":
        assert calibration is not None, "the rule hands D_0 in to recalibrate on"
        recalibrate_norms(network.to(calibration.device), calibration)


def recalibrate_norms(network: nn.Module, images: Images) -> None:
    """Recompute the running statistics of every BatchNorm, in place.

    Scales and shifts stay; means and variances become plain averages over one pass.

    Args:
        network: network on the images' device; left in training mode.
        images: images to measure on, such as D_0; one that is left over for a last
            batch of its own is left out.
    """
    fitting = _PIXELS // images.mean_CHW[0].numel()
    batch_size = min(_LARGEST_BATCH, max(_SMALLEST_BATCH, fitting))
    measure_norms(
        network,
        (b.inputs_BCHW for b in images.in_order(batch_size) if len(b) > 1),
    )


@torch.no_grad()
def measure_norms(network: nn.Module, batches: Iterable[Any]) -> None:
    """Recompute the running statistics of every BatchNorm, in place.

    Args:
        network: left in training mode.
        batches: inputs of the network, on its device, a batch at a time.
    """
    layers = start_batch_statistics(network)
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # a cumulative average
    for batch in batches:
        network(batch)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    network.train()


def start_batch_statistics(network: nn.Module) -> list[_BatchNorm]:
    """Have every BatchNorm normalise by its batch, and all other layers evaluate.

    So dropout does not alter the statistics.

    Returns:
        The BatchNorm layers.
    """
    layers = [m for m in network.modules() if isinstance(m, _BatchNorm)]
    network.eval()
    for layer in layers:
        layer.train()
    return layers
