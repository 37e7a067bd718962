"""From the stages of a network to predicted weights in files."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError, raise_all
from know.predictors import PREDICTORS
from know.predictors.assemble import NO_TRAJECTORY, layout_problems
from know.predictors.controls import apply_control
from know.predictors.methods import (
    bound_method,
    check_options,
    shipped_files,
)
from know.predictors.stage_order import StageOrder
from know.predictors.stages import Stages, open_stages
from know.predictors.treatment import (
    EVERY_TENSOR,
    Choice,
    Treatment,
    examined,
    log_treatments,
    treatments,
)
from know.predictors.windows import Progress, check_memory, predict_windows
from know.randomness import seed_for

log = logging.getLogger("know")

DEFAULT_METHOD = "known"
"""Method where nobody says: the package has it for any number of stages, and in our
tables it costs nothing (docs/findings.md)."""
DEFAULT_RATE = 0.5
"""Share of its data that each stage keeps, where nobody says."""
FURTHEST = 100
"""Most stages that are extrapolated: methods take them one by one."""


def write_predictions(
    stages: Sequence[Path],
    predictor: str | None,
    *,
    options: Mapping[str, Any],
    hypernetworks: Mapping[str, Path] | None,
    horizons: Sequence[int],
    rate: float | None,
    outputs: Sequence[Path],
    device: torch.device,
    choice: Choice = EVERY_TENSOR,
    strip_prefix: str = "",
    memory: int | None = None,
    control: str | None = None,
    method_id: str | None = None,
) -> None:
    """Write a method's weights for each horizon, window by window of each tensor.

    A method that has to see whole tensors has one at a time in memory.

    Args:
        stages: one trajectory store, or files and folders as `open_network` reads them,
            Theta_0 first.
        predictor: name in `PREDICTORS`; None for `DEFAULT_METHOD`.
        options: options of the predictor.
        hypernetworks: file for each kind of tensor that occurs, none for most methods;
            None for the package's own.
        horizons: stages to extrapolate, one per output.
        rate: ratio of a stage's data to the previous stage's; None for what the store
            says, or else 0.5.
        outputs: files or folders to write, in Theta_0's layout.
        device: device to compute on.
        choice: the user's own choice of kinds and tensors.
        strip_prefix: prefix to leave out of the names in files, besides wrappers.
        memory: bytes that the process may take; None for as many as it needs.
        control: control to apply to each predicted tensor, of `CONTROLS`.
        method_id: id of the method in a config, for the cards of the files.

    Raises:
        KnowError: if the predictor has no such option, a file is missing or damaged,
            the stages differ in more than values, or the predictor refuses them; then
            no file is written.
    """
    if predictor is not None:
        check_options(predictor, options)
    raise_all(_output_problems(outputs, stages), "nothing was written")
    with open_stages(stages, strip_prefix=strip_prefix) as opened:
        if method_id:
            opened = replace(opened, facts={**opened.facts, "method": method_id})
        predict_stages(
            opened,
            predictor,
            options=options,
            hypernetworks=hypernetworks,
            horizons=horizons,
            rate=rate,
            outputs=outputs,
            device=device,
            choice=choice,
            memory=memory,
            control=control,
        )
    for horizon, path in zip(horizons, outputs, strict=True):
        ahead = "1 stage" if horizon == 1 else f"{horizon} stages"
        log.info("wrote %s, %s past Theta_0", path, ahead)


def predict_stages(
    opened: Stages,
    predictor: str | None,
    *,
    options: Mapping[str, Any],
    hypernetworks: Mapping[str, Path] | None,
    horizons: Sequence[int],
    rate: float | None,
    outputs: Sequence[Path],
    device: torch.device,
    choice: Choice,
    memory: int | None = None,
    control: str | None = None,
) -> None:
    """Predict from open stages, into their writer; see `write_predictions`."""
    if wrong := [horizon for horizon in horizons if not 1 <= horizon <= FURTHEST]:
        raise KnowError(f"wanted 1 to {FURTHEST} stages to extrapolate, got {wrong}")
    layouts = opened.layouts
    raise_all(layout_problems(layouts, opened.kinds), f"{opened.names} {NO_TRAJECTORY}")
    predictor = predictor or DEFAULT_METHOD
    rate = opened.rate or DEFAULT_RATE if rate is None else rate
    log.info(
        "%s: from %d stages, each on %g of the data of the one before",
        *(predictor, len(layouts), rate),
    )
    found = treatments(layouts[0], opened.kinds, choice)
    if hypernetworks is None:
        hypernetworks = shipped_files(predictor, len(layouts))
    wanted = {each.kind for each in found.values() if each.is_predicted}
    method = bound_method(
        predictor,
        options=options,
        hypernetworks={k: p for k, p in hypernetworks.items() if k in wanted},
        device=device,
    )
    stated = PREDICTORS.facts(predictor)
    # A control needs the norm of a whole tensor.
    whole = control is not None or not stated.get("PREDICTS_WINDOWS")
    if memory is not None:
        check_memory(memory, opened, found, outputs, whole=whole)
    facts = {"options": dict(options), "predictor": predictor, "rate": rate}
    if control is not None:
        facts["control"] = control
    run = opened.facts.get("run", "")
    control_seeds = [seed_for("control", control or "", run, n) for n in horizons]
    progress = Progress(layouts[0])
    problems: list[str] = []
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                opened.writer(path, {**facts, **opened.facts, "horizon": horizon})
            )
            for horizon, path in zip(horizons, outputs, strict=True)
        ]
        names = writers[0].names
        for name, windows in _examined(opened, found, names, problems, whole=whole):
            # All that is wrong is to be named: read on, predict no more.
            if problems:
                continue
            treatment, seed = found[name], None
            if stated.get("NEEDS_SEED"):
                seed = seed_for("prediction", predictor, run, name)
            pieces = (
                predict_windows(
                    name,
                    windows,
                    method,
                    shape=layouts[0][name].shape,
                    treatment=treatment,
                    rate=rate,
                    horizons=horizons,
                    seed=seed,
                    device=device,
                )
                if treatment.is_predicted
                else ([read()[-1]] * len(horizons) for read in windows)
            )
            if control is not None and treatment.is_predicted:
                pieces = _controlled(
                    control, name, pieces, base=windows[0]()[-1], seeds=control_seeds
                )
            for piece_of_each in pieces:
                for writer, piece in zip(writers, piece_of_each, strict=True):
                    writer.write(name, piece)
                progress.advance(piece_of_each[0].numel())
        raise_all(problems, f"{opened.names} {NO_TRAJECTORY}")
    log_treatments(found)


def _controlled(
    control: str,
    name: str,
    predictions: Iterable[Sequence[Tensor]],
    *,
    base: Tensor,
    seeds: Sequence[int],
) -> Iterator[list[Tensor]]:
    """Apply a control to the predictions of a whole tensor, a seed for each horizon."""
    for prediction_of_each in predictions:
        yield [
            apply_control(
                control, name, base.to(prediction.device), prediction, seed=seed
            )
            for seed, prediction in zip(seeds, prediction_of_each, strict=True)
        ]


def _output_problems(outputs: Sequence[Path], inputs: Sequence[Path]) -> list[str]:
    """Name the outputs that would replace an input, or something that is no file."""
    problems = []
    for output in outputs:
        place = output.resolve()
        for path in inputs:
            if place == path.resolve() or path.resolve() in place.parents:
                problems.append(f"{output} is an input, or lies in one: {path}")
            elif place in path.resolve().parents:
                problems.append(f"{output} is a folder with an input in it: {path}")
        if output.exists() and not output.is_file():
            problems.append(f"{output} is there already and is no file")
    return problems + [
        f"{output} is wanted twice" for output, n in Counter(outputs).items() if n > 1
    ]


def treated_tensors(
    stages: Sequence[Path], choice: Choice, strip_prefix: str = ""
) -> tuple[Mapping[str, Tensor], dict[str, Treatment]]:
    """Read every stage, and tell what `write_predictions` would do to each tensor.

    Returns:
        Theta_0's tensors without values, and the treatment of each.

    Raises:
        KnowError: where `write_predictions` refuses the stages.
    """
    with open_stages(stages, strip_prefix=strip_prefix) as opened:
        raise_all(
            layout_problems(opened.layouts, opened.kinds),
            f"{opened.names} {NO_TRAJECTORY}",
        )
        found = treatments(opened.layouts[0], opened.kinds, choice)
        problems: list[str] = []
        for _ in _examined(opened, found, list(found), problems):
            pass
        raise_all(problems, f"{opened.names} {NO_TRAJECTORY}")
        return opened.layouts[0], found


def _examined(
    opened: Stages,
    found: dict[str, Treatment],
    names: Sequence[str],
    problems: list[str],
    *,
    whole: bool = False,
) -> Iterator[tuple[str, Sequence[Callable[[], Tensor]]]]:
    """Look at the values of tensor after tensor, and yield its windows to read again.

    Updates `found` and `problems`, and warns of what looks wrong with the stages.
    `whole` tells to leave tensors that are predicted whole.
    """
    order = StageOrder(len(opened.layouts))
    for name in names:
        windows = opened.windows(name, whole=whole and found[name].is_predicted)
        place = opened.layouts[0][name]
        found[name], wrong = examined(name, place, windows, found[name], order)
        problems += wrong
        yield name, windows
    for warning in order.warnings():
        log.warning("%s", warning)
