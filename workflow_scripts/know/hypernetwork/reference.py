"""KNOWN written out for one weight at a time in float64: slow, and easy to read.

The yardstick of the tests for `know.hypernetwork.models.known`; nothing else uses it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from know.hypernetwork.models.known import Known

Array = npt.NDArray[np.float64]
Layer = tuple[Array, Array]
"""Kernel of shape (inputs, outputs), as Keras keeps it, and bias (outputs,)."""


def layers_of(model: Known) -> list[Layer]:
    """The model's thirteen layers in the order of the authors' files, in float64."""
    return [
        (
            layer.weight.detach().cpu().double().numpy().T,
            layer.bias.detach().cpu().double().numpy(),
        )
        for layer in model.layers()
    ]


def reference_residuals(
    layers: Sequence[Layer], history_NS: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Residual of each weight, one after the other.

    Args:
        layers: the thirteen layers in the order of the authors' files.
        history_NS: shape (weights, stages), oldest knowledge first.

    Returns:
        What to add to Theta_0, shape (weights,).
    """
    rows = np.asarray(history_NS, dtype=np.float64)
    return np.array([_residual(layers, row) for row in rows])


def _residual(layers: Sequence[Layer], weights: Array) -> float:
    steps = weights[1:] - weights[:-1]
    features = np.concatenate(
        [_stream(layers[0:6], weights), _stream(layers[6:12], steps)]
    )
    return float(np.tanh(_dense(layers[12], features)[0]))


def _stream(layers: Sequence[Layer], inputs: Array) -> Array:
    lift, squeeze, shift, scale, exponent, mix = layers
    lifted = _dense(lift, inputs)
    code = np.maximum(_dense(squeeze, lifted), 0)
    power = np.clip(_dense(exponent, code) * lifted, -20, 20)
    mixed = _dense(mix, _dense(scale, code) * np.exp(power) + _dense(shift, code))
    return np.where(mixed > 0, mixed, 0.3 * mixed)


def _dense(layer: Layer, inputs: Array) -> Array:
    kernel, bias = layer
    outputs: Array = inputs @ kernel + bias
    return outputs
