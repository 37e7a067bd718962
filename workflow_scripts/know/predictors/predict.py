"""From a trajectory store to predicted weights in files."""

import inspect
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from know.errors import KnowError, raise_all
from know.hypernetwork.files import load, read_card
from know.hypernetwork.network import Known
from know.predictors import PREDICTORS
from know.predictors.assemble import apply_control, predict_state
from know.randomness import seed_for
from know.store.read import open_trajectory
from know.weights.checkpoint import State, load_checkpoint, save_checkpoint
from know.weights.kinds import PREDICTED_KINDS

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
        KnowError: if the predictor has no such option, a file is damaged, or the
            predictor refuses the trajectory; then no file is written.
    """
    function = _with_options(predictor, options)
    if hyper_models:
        function = partial(function, models=_load_models(hyper_models, device))
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
        kinds = trajectory.kinds
    pairs = list(zip(horizons, outputs, strict=True))
    predicted = [
        predict_state(stages, kinds, function, horizon=horizon, rate=rate)
        for horizon in horizons
    ]
    for (horizon, output), state in zip(pairs, predicted, strict=True):
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

    Raises:
        KnowError: if the control is unknown, a file is damaged, or a prediction is not
            one of this trajectory's networks; then no file is written.
    """
    with open_trajectory(store) as trajectory:
        base = trajectory.read_stage(0)
        kinds, run = trajectory.kinds, trajectory.attributes.run
    controlled = []
    for path, output in zip(predictions, outputs, strict=True):
        predicted, facts = load_checkpoint(path)
        horizon = facts["horizon"]
        seed = seed_for("control", control, run, horizon)
        state = apply_control(control, base, predicted, kinds, seed=seed)
        card = {"control": control, "horizon": horizon, "of": facts["sha256"]}
        controlled.append((output, state, {**card, "run": run}))
    for output, state, facts in controlled:
        save_checkpoint(output, state, facts)


def option_names(predictor: str) -> set[str]:
    """Options of a method that a config can set.

    Args:
        predictor: key of `PREDICTORS`.
    """
    parameters = set(inspect.signature(PREDICTORS[predictor]).parameters)
    return parameters - {"history", "horizon", "rate", "kind", "models"}


def _with_options(predictor: str, options: Mapping[str, Any]) -> partial[Any]:
    known = option_names(predictor)
    if unknown := sorted(set(options) - known):
        raise KnowError(
            f"predictor {predictor!r} has no option {', '.join(unknown)}; "
            f"it has {', '.join(sorted(known)) or 'none'}"
        )
    return partial(PREDICTORS[predictor], **options)


def _load_models(paths: Sequence[Path], device: torch.device) -> dict[str, Known]:
    """The hyper-model of each predicted kind; a card that says another is refused."""
    wanted = dict(zip(PREDICTED_KINDS, paths, strict=True))
    found = {kind: read_card(path).get("kind") for kind, path in wanted.items()}
    raise_all(
        [
            f"{wanted[kind]}: wanted kind {kind!r}, found kind {found[kind]!r}"
            for kind in wanted
            if found[kind] != kind
        ],
        "the hyper-models are not those of conv, fc and bias in this order",
    )
    return {kind: load(path).to(device) for kind, path in wanted.items()}
