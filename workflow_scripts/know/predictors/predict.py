"""From the stages of a network to predicted weights in files."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import torch

from know.errors import raise_all
from know.predictors import PREDICTORS
from know.predictors.assemble import (
    NO_TRAJECTORY,
    layout_problems,
    log_copies,
    predict_tensor,
    value_problems,
)
from know.predictors.controls import apply_control
from know.predictors.methods import bound_method, check_options, shipped_files
from know.predictors.stages import open_stages
from know.randomness import seed_for
from know.store.read import open_trajectory
from know.weights.checkpoint import load_checkpoint, save_checkpoint
from know.weights.kinds import KINDS
from know.weights.tensor_writer import tensor_writer

log = logging.getLogger("know")


def write_predictions(
    stages: Sequence[Path],
    predictor: str,
    *,
    options: Mapping[str, Any],
    hypernetworks: Mapping[str, Path] | None,
    horizons: Sequence[int],
    rate: float,
    outputs: Sequence[Path],
    device: torch.device,
) -> None:
    """Write a method's weights for each horizon, one tensor in memory at a time.

    Args:
        stages: one trajectory store, or safetensors files of any origin, Theta_0 first.
        predictor: name in `PREDICTORS`.
        options: options of the predictor.
        hypernetworks: file for each kind of tensor that occurs, none for most methods;
            None for the package's own.
        horizons: stages to extrapolate, one per output.
        rate: ratio of a stage's data to the previous stage's.
        outputs: files to write: keys, shapes and dtypes of Theta_0.
        device: device to compute on.

    Raises:
        KnowError: if the predictor has no such option, a file is missing or damaged,
            the stages differ in more than values, or the predictor refuses them; then
            no file is written.
    """
    check_options(predictor, options)
    needs_seed = bool(PREDICTORS.facts(predictor).get("NEEDS_SEED"))
    with open_stages(stages) as opened, ExitStack() as stack:
        layouts, kinds = opened.layouts, opened.kinds
        if hypernetworks is None:
            hypernetworks = shipped_files(predictor, len(layouts))
        method = bound_method(
            predictor,
            options=options,
            hypernetworks={
                kind: path
                for kind, path in hypernetworks.items()
                if kind in kinds.values()
            },
            device=device,
        )
        raise_all(layout_problems(layouts, kinds), NO_TRAJECTORY)
        counts = Counter(kinds.values())
        found = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
        log.info("tensors by kind: %s", found or "none")
        facts = {"options": dict(options), "predictor": predictor, "rate": rate}
        writers = [
            stack.enter_context(
                tensor_writer(
                    path, layouts[0], {**facts, **opened.facts, "horizon": horizon}
                )
            )
            for horizon, path in zip(horizons, outputs, strict=True)
        ]
        problems: list[str] = []
        for name in writers[0].names:
            history_S = opened.read(name).to(device)
            problems += value_problems(
                [{name: v} for v in reversed(history_S.unbind())]
            )
            # All that is not finite is to be named: read on, predict no more.
            if problems:
                continue
            seed = seed_for("prediction", predictor, opened.facts.get("run", ""), name)
            for horizon, writer in zip(horizons, writers, strict=True):
                predicted = predict_tensor(
                    name,
                    history_S,
                    partial(method, seed=seed) if needs_seed else method,
                    kind=kinds[name],
                    horizon=horizon,
                    rate=rate,
                )
                writer.write(name, predicted)
        raise_all(problems, NO_TRAJECTORY)
    log_copies(layouts[0], kinds)
    for horizon, path in zip(horizons, outputs, strict=True):
        log.info("%s, %d stages ahead: %s", predictor, horizon, path)


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
