"""From the stages of a network to predicted weights in files."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import raise_all
from know.predictors.assemble import (
    NO_TRAJECTORY,
    layout_problems,
    log_copies,
    predict_tensor,
    value_problems,
)
from know.predictors.controls import apply_control
from know.predictors.methods import bound_method, by_kind, check_options, files_in
from know.predictors.stages import Stages, open_stages
from know.randomness import seed_for
from know.store.read import open_trajectory
from know.weights.checkpoint import load_checkpoint, save_checkpoint
from know.weights.kinds import KINDS
from know.weights.tensor_writer import tensor_writer

log = logging.getLogger("know")


def predict_trajectory(
    store: Path,
    predictor: str,
    *,
    options: Mapping[str, Any],
    hypernetworks: Sequence[Path],
    horizons: Sequence[int],
    rate: float,
    outputs: Sequence[Path],
    device: torch.device,
) -> None:
    """Write a method's weights for each horizon.

    Args:
        store: trajectory store.
        predictor: name in `PREDICTORS`.
        options: options of the predictor, as the config states them.
        hypernetworks: files for conv, fc and bias in this order, or none.
        horizons: stages to extrapolate, one per output.
        rate: ratio of a stage's data to the previous stage's.
        outputs: files to write: keys, shapes and dtypes of the checkpoints.
        device: device to compute on.

    Raises:
        KnowError: if the predictor has no such option, a file is damaged, or the
            predictor refuses the trajectory; then no file is written.
    """
    method = bound_method(
        predictor, options=options, hypernetworks=by_kind(hypernetworks), device=device
    )
    facts = {"options": dict(options), "predictor": predictor, "rate": rate}
    pairs = list(zip(horizons, outputs, strict=True))
    with open_stages([store]) as stages:
        _write(stages, method, pairs, facts, device)


def predict_stages(
    paths: Sequence[Path],
    predictor: str,
    *,
    options: Mapping[str, Any],
    hypernetworks: Path | None,
    horizon: int,
    rate: float,
    output: Path,
    device: torch.device,
) -> None:
    """Write a method's weights for stages that need not be the workflow's.

    Args:
        paths: safetensors files, Theta_0 first, or one trajectory store.
        predictor: name in `PREDICTORS`.
        options: options of the predictor.
        hypernetworks: folder with `{predictor}_{kind}.safetensors`; None for none.
        horizon: stages to extrapolate.
        rate: ratio of a stage's data to the previous stage's.
        output: file to write: keys, shapes and dtypes of Theta_0.
        device: device to compute on.

    Raises:
        KnowError: if the predictor has no such option, a file is missing or damaged,
            the stages differ in more than values, or the predictor refuses them; then
            no file is written.
    """
    check_options(predictor, options)
    with open_stages(paths) as stages:
        files = {}
        if hypernetworks:
            files = files_in(hypernetworks, predictor, stages.kinds.values())
        method = bound_method(
            predictor, options=options, hypernetworks=files, device=device
        )
        facts = {"options": dict(options), "predictor": predictor, "rate": rate}
        _write(stages, method, [(horizon, output)], facts, device)


def write_controls(
    control: str, store: Path, predictions: Sequence[Path], outputs: Sequence[Path]
) -> None:
    """Write a control of each prediction.

    Args:
        control: `same-norms`, `base-norms` or `random-direction`.
        store: the trajectory, whose stage 0 is Theta_0.
        predictions: files of the controlled method.
        outputs: files to write, one per prediction.

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


def _write(
    stages: Stages,
    method: Callable[..., Tensor],
    outputs: Sequence[tuple[int, Path]],
    facts: Mapping[str, Any],
    device: torch.device,
) -> None:
    """Write the weights for each horizon and file, all files whole or none."""
    layouts, kinds = stages.layouts, stages.kinds
    raise_all(layout_problems(layouts, kinds), NO_TRAJECTORY)
    counts = Counter(kinds.values())
    found = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    log.info("tensors by kind: %s", found or "none")
    with _no_empty_folders([path for _, path in outputs]), ExitStack() as stack:
        writers = [
            stack.enter_context(
                tensor_writer(
                    path, layouts[0], {**facts, **stages.facts, "horizon": horizon}
                )
            )
            for horizon, path in outputs
        ]
        problems: list[str] = []
        for name in writers[0].names if writers else []:
            history = stages.read(name).to(device)
            problems += value_problems(name, history)
            # All that is not finite is to be named: read on, predict no more.
            if problems:
                continue
            for (horizon, _), writer in zip(outputs, writers, strict=True):
                predicted = predict_tensor(
                    name,
                    history,
                    method,
                    kind=kinds[name],
                    horizon=horizon,
                    rate=facts["rate"],
                )
                writer.write(name, predicted)
        raise_all(problems, NO_TRAJECTORY)
    log_copies(layouts[0], kinds)
    for horizon, path in outputs:
        log.info("%s, %d stages ahead: %s", facts["predictor"], horizon, path)


@contextmanager
def _no_empty_folders(files: Sequence[Path]) -> Iterator[None]:
    """Remove the folders of `files` that the block made, if it put nothing there."""
    absent = {
        folder for file in files for folder in file.parents if not folder.exists()
    }
    try:
        yield
    finally:
        for folder in sorted(absent, reverse=True):
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
