"""Trajectories whose every value is known, and KNOWN written out for one weight."""

import numpy as np
import pytest
import safetensors.torch
import torch

from know.checksum import checksummed_metadata, write_checksummed
from know.hypernetwork.draws import DrawnTensors
from know.hypernetwork.windows import windows_of

# Shape suffixes: K tensors, T stages of a trajectory (stage 0 first), N weights drawn.


def facts_of_trial(number=0, **changes):
    """Draws of a meta-run, as far as trainings ask."""
    facts = {"number": number, "family": "mlp", "dataset": "shapes", "rate": 0.5}
    return {**facts, "unused": None, **changes}


def drawn_from(*tensors, trials=None, trial_of=None):
    """All weights of some tensors, drawn.

    Args:
        *tensors: values by stage, shape (T, ...), stage 0 first.
        trials: draws of each trial; one per tensor by default.
        trial_of: index of each tensor's trial.
    """
    trials = trials or [facts_of_trial(number) for number in range(len(tensors))]
    stages = {"accuracies": [50.0] * len(tensors[0])}
    trials = [{**stages, **trial} for trial in trials]
    values = [tensor.flatten(1).T.double() for tensor in tensors]
    fan_in = [t[0].numel() // t.shape[1] if t.ndim > 2 else 1 for t in tensors]
    return DrawnTensors(
        weights_NT=torch.cat(values).float(),
        counts_K=torch.tensor([len(value) for value in values]),
        sizes_K=torch.tensor([len(value) for value in values]),
        gram_KTT=torch.stack([value.T @ value for value in values]),
        sums_KT=torch.stack([value.sum(0) for value in values]),
        fan_in_K=torch.tensor(fan_in),
        trial_K=torch.tensor(trial_of or list(range(len(tensors)))),
        trials=trials,
    )


@pytest.fixture
def make_facts():
    return facts_of_trial


@pytest.fixture
def make_drawn():
    return drawn_from


@pytest.fixture
def make_windows():
    """A maker of the windows of some tensors, given as `make_drawn` takes them."""

    def make(*tensors, stages=5, horizons=3, **options):
        drawn = drawn_from(*tensors, **options)
        return windows_of(drawn, stages=stages, horizons=horizons)

    return make


@pytest.fixture
def make_batch(make_windows):
    """A maker of a batch of every window of some tensors, so many weights of each."""

    def make(*tensors, weights=40, **options):
        windows = make_windows(*tensors, **options)
        generator = torch.Generator().manual_seed(0)
        everything = torch.arange(len(windows))
        return windows.draw(everything, weights=weights, generator=generator)

    return make


@pytest.fixture
def write_drawn():
    """A writer of a file as `write_draws` leaves it, of tensors of one kind."""

    def write(path, kind, drawn):
        tensors = {
            f"{kind}.{name}": value
            for name, value in vars(drawn).items()
            if name != "trials"
        }
        metadata = checksummed_metadata({"trials": list(drawn.trials), "diverged": 0})
        write_checksummed(path, safetensors.torch.save(tensors, metadata=metadata))
        return path

    return write


@pytest.fixture
def reference():
    """KNOWN in float64, one weight after the other: slow, and easy to read.

    Takes the thirteen layers in the order of the authors' files, each a kernel of shape
    (inputs, outputs) and a bias, and a history of shape (weights, stages).
    """

    def dense(layer, inputs):
        kernel, bias = layer
        return inputs @ kernel + bias

    def stream(layers, inputs):
        lift, squeeze, shift, scale, exponent, mix = layers
        lifted = dense(lift, inputs)
        code = np.maximum(dense(squeeze, lifted), 0)
        power = np.clip(dense(exponent, code) * lifted, -20, 20)
        mixed = dense(mix, dense(scale, code) * np.exp(power) + dense(shift, code))
        return np.where(mixed > 0, mixed, 0.3 * mixed)

    def residual(layers, weights):
        features = [stream(layers[:6], weights), stream(layers[6:12], np.diff(weights))]
        return np.tanh(dense(layers[12], np.concatenate(features))[0])

    def residuals(layers, history_NS):
        rows = np.asarray(history_NS, dtype=np.float64)
        return np.array([residual(layers, row) for row in rows])

    return residuals
