"""From a trajectory store to predicted weights in files."""

import inspect
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from know.errors import KnowError
from know.hypernetwork.files import load
from know.predictors import PREDICTORS
from know.predictors.assemble import apply_control, predict_state
from know.randomness import seed_for
from know.store.read import open_trajectory
from know.weights.checkpoint import State, load_checkpoint, save_checkpoint

log = logging.getLogger("know")


def predict_trajectory(
    store: Path,
    predictor: str,
    *,
    options: Mapping[str, Any],
    hyper_models: Sequence[Path],
    horizons: Sequence[int],
    rate: float,
    outputs: Sequence[Path],
    device: torch.device,
) -> None:
    """Write a method's weights for each horizon.

    Args:
        store: the trajectory.
        predictor: key of `PREDICTORS`.
        options: of the predictor, as the config states them.
        hyper_models: KNOWN's files, for conv, fc and bias in this order, or none.
        horizons: stages to extrapolate, one an output.
        rate: ratio of a stage's data to the previous stage's.
        outputs: files to write: keys, shapes and dtypes of the checkpoints.
        device: where it is computed.

    Raises:
        KnowError: if the predictor has no such option, or a file is damaged.
    """
    function = _with_options(predictor, options)
    if hyper_models:
        kinds = ("conv", "fc", "bias")
        models = {
            kind: load(path).to(device)
            for kind, path in zip(kinds, hyper_models, strict=True)
        }
        function = partial(function, models=models)
    with open_trajectory(store) as trajectory:
        stages: list[State] = [
            {name: value.to(device) for name, value in state.items()}
            for state in map(trajectory.read_stage, range(trajectory.num_stages))
        ]
        facts = {
            "options": dict(options),
            "predictor": predictor,
            "rate": rate,
            "run": trajectory.attributes.run,
            "trajectory": trajectory.seal,
        }
        kinds_by_name = trajectory.kinds
    for horizon, output in zip(horizons, outputs, strict=True):
        state = predict_state(
            stages, kinds_by_name, function, horizon=horizon, rate=rate
        )
        save_checkpoint(output, state, {**facts, "horizon": horizon})
        log.info("%s, %d stages ahead: %s", predictor, horizon, output)


def write_controls(
    control: str, store: Path, predictions: Sequence[Path], outputs: Sequence[Path]
) -> None:
    """Write what a control makes of each prediction.

    Args:
        control: `same-norms`, `base-norms` or `random-direction`.
        store: the trajectory, whose stage 0 is Theta_0.
        predictions: files of the controlled method.
        outputs: files to write, one a prediction.
    """
    with open_trajectory(store) as trajectory:
        base = trajectory.read_stage(0)
        kinds, run = trajectory.kinds, trajectory.attributes.run
    for path, output in zip(predictions, outputs, strict=True):
        predicted, facts = load_checkpoint(path)
        seed = seed_for("control", control, run, facts["horizon"])
        state = apply_control(control, base, predicted, kinds, seed=seed)
        save_checkpoint(
            output,
            state,
            {
                "control": control,
                "horizon": facts["horizon"],
                "of": facts["sha256"],
                "run": run,
            },
        )


def _with_options(predictor: str, options: Mapping[str, Any]) -> partial[Any]:
    function = PREDICTORS[predictor]
    known = set(inspect.signature(function).parameters)
    unknown = sorted(set(options) - known)
    if unknown:
        raise KnowError(f"predictor {predictor!r} has no options {unknown}")
    return partial(function, **options)
