"""From the stages of a network to predicted weights in files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from know.errors import KnowError, raise_all
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.files import load, read_card
from know.predictors import PREDICTORS
from know.predictors.assemble import apply_control
from know.predictors.methods import load_models, with_options
from know.predictors.sources import (
    StageSource,
    TrajectorySource,
    open_checkpoints,
)
from know.predictors.tensorwise import Method, write_predictions
from know.randomness import seed_for
from know.store.read import open_trajectory
from know.weights.checkpoint import load_checkpoint, save_checkpoint
from know.weights.kinds import PREDICTED_KINDS


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
        hyper_models: their files, for conv, fc and bias in this order, or none.
        horizons: stages to extrapolate, one an output.
        rate: ratio of a stage's data to the previous stage's.
        outputs: files to write: keys, shapes and dtypes of the checkpoints.
        device: where it is computed.

    Raises:
        KnowError: if the predictor has no such option, a file is damaged, or the
            predictor refuses the trajectory; then no file is written.
    """
    method = Method(
        name=predictor,
        options=options,
        rate=rate,
        models=load_models(hyper_models, device) if hyper_models else None,
    )
    pairs = list(zip(horizons, outputs, strict=True))
    with open_trajectory(store) as trajectory:
        write_predictions(TrajectorySource(trajectory), method, pairs, device=device)


def predict_stages(
    stages: Sequence[Path],
    predictor: str,
    *,
    options: Mapping[str, Any],
    hyper_models: Path | None,
    horizon: int,
    rate: float,
    output: Path,
    device: torch.device,
) -> None:
    """Write a method's weights for stages that need not be the workflow's.

    Args:
        stages: safetensors files, Theta_0 first, or one trajectory store.
        predictor: key of `PREDICTORS`.
        options: of the predictor.
        hyper_models: folder with `{predictor}_{kind}.safetensors`; None for none.
        horizon: stages to extrapolate.
        rate: ratio of a stage's data to the previous stage's.
        output: file to write: keys, shapes and dtypes of Theta_0.
        device: where it is computed.

    Raises:
        KnowError: if the predictor has no such option, a file is missing or damaged,
            the stages differ in more than values, or the predictor refuses them; then
            no file is written.
    """
    with_options(predictor, options)
    with _open_source(stages) as source:
        models = None
        if hyper_models:
            models = _models_in(hyper_models, predictor, source.kinds, device)
        method = Method(name=predictor, options=options, rate=rate, models=models)
        write_predictions(source, method, [(horizon, output)], device=device)


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


@contextmanager
def _open_source(stages: Sequence[Path]) -> Iterator[StageSource]:
    stores = [str(path) for path in stages if path.name.endswith(".zarr.zip")]
    if stores and len(stages) > 1:
        raise KnowError(
            "wanted checkpoints or one trajectory store, got "
            f"{len(stages)} files with {', '.join(stores)} among them"
        )
    if stores:
        with open_trajectory(stages[0]) as trajectory:
            yield TrajectorySource(trajectory)
    else:
        with open_checkpoints(stages) as source:
            yield source


def _models_in(
    folder: Path, predictor: str, kinds: Mapping[str, str], device: torch.device
) -> dict[str, Hypernetwork]:
    """The hyper-models of a folder for the kinds that are to be predicted."""
    if not PREDICTORS.facts(predictor).get("NEEDS_HYPERNETWORK"):
        raise KnowError(f"predictor {predictor!r} takes no hyper-models, got {folder}")
    occurring = [kind for kind in PREDICTED_KINDS if kind in kinds.values()]
    paths = {kind: folder / f"{predictor}_{kind}.safetensors" for kind in occurring}
    missing = [path.name for path in paths.values() if not path.is_file()]
    raise_all(missing, f"hyper-models that {folder} lacks")
    found = {kind: read_card(path).get("kind") for kind, path in paths.items()}
    raise_all(
        [
            f"{paths[kind]}: wanted kind {kind!r}, found kind {found[kind]!r}"
            for kind in occurring
            if found[kind] != kind
        ],
        "hyper-models are not of the kind that their names say",
    )
    return {kind: load(path).to(device) for kind, path in paths.items()}
