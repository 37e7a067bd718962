"""Which tensors of a network are predicted, which are copied, and why."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import chain
from typing import cast

import torch
from torch import Tensor

from know.errors import raise_all, some_of
from know.predictors.assemble import value_problems
from know.predictors.stage_order import StageOrder
from know.weights.kinds import (
    KINDS,
    PREDICTED_KINDS,
    Kind,
    explained_kinds,
    is_transposed,
    packed_problems,
)

log = logging.getLogger("know")

COPY = "copy"
"""Stands for a kind in a choice: copy the tensor, whatever it is."""
CHOICES = (*PREDICTED_KINDS, "norm", COPY)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A user's own choice of tensors; by default every tensor goes by its kind."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    """One of `CHOICES` by glob of tensor names; the last one that matches counts."""
    only: Sequence[str] = ()
    """Globs of the tensors to predict, all others being copied; () for no limit."""
    skip: Sequence[str] = ()
    """Globs of tensors to copy."""


EVERY_TENSOR = Choice()
"""Each tensor by its kind."""


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """How one tensor is treated."""

    kind: Kind
    is_predicted: bool
    why: str
    """Reason for the kind, or for the copy."""
    is_chosen: bool
    """Whether it is the user's choice."""
    is_transposed: bool
    """Whether the matrix counts inputs first, where predictors want outputs."""


def treatments(
    layout: Mapping[str, Tensor], kinds: Mapping[str, Kind], choice: Choice
) -> dict[str, Treatment]:
    """Decide for every tensor of a network, as far as values do not matter.

    Args:
        layout: tensors by name, of which only shapes and dtypes are used.
        kinds: kind of each tensor, by its origin.
        choice: globs that override it.

    Raises:
        KnowError: naming each packed tensor, and each glob that matches no tensor or
            asks for something else than `CHOICES`.
    """
    raise_all(
        _choice_problems(layout, choice) + packed_problems(layout),
        "these tensors cannot be predicted",
    )
    explained = explained_kinds(layout)
    found = {}
    for name, stated in kinds.items():
        kind, why = stated, explained[name][1]
        if stated != explained[name][0]:
            why = "stated by the file"
        copies = None
        for glob, wanted in choice.kinds.items():
            if fnmatchcase(name, glob):
                why = f"--kind {glob}={wanted}"
                copies = wanted == COPY
                kind = stated if copies else cast("Kind", wanted)
        if choice.only and not _matches(name, choice.only):
            copies, why = True, "not in --only"
        elif _matches(name, choice.skip):
            copies, why = True, "--skip"
        inputs_first = is_transposed(name, layout)
        found[name] = Treatment(
            kind=kind,
            is_predicted=kind in PREDICTED_KINDS and not copies,
            why=f"{why}, inputs first" if inputs_first else why,
            is_chosen=copies is not None,
            is_transposed=inputs_first,
        )
    return found


def examined(
    name: str,
    place: Tensor,
    windows: Sequence[Callable[[], Tensor]],
    treatment: Treatment,
    order: StageOrder,
) -> tuple[Treatment, list[str]]:
    """Look at a tensor's values: copy one that never moves, and list what is wrong.

    Args:
        name: name of the tensor, for messages.
        place: the tensor without values.
        windows: read the windows of its values, shape (stages, ...) each, Theta_0 last.
        treatment: treatment without regard to values.
        order: takes note of the values.
    """

    def look(history_S: Tensor) -> tuple[list[str], bool]:
        stages = [{name: stage} for stage in history_S.unbind()[::-1]]
        is_still = order.see(name, history_S, is_predicted=treatment.is_predicted)
        return value_problems(stages), is_still

    found = [look(read()) for read in windows]
    problems = list(dict.fromkeys(chain.from_iterable(wrong for wrong, _ in found)))
    if problems or all(is_still for _, is_still in found):
        if treatment.is_predicted:
            why = "the same in all stages"
            treatment = replace(treatment, is_predicted=False, why=why)
        return treatment, problems
    dtype = place.dtype
    is_count = dtype == torch.bool or place.numel() == 1
    if not (dtype.is_floating_point or is_count or treatment.is_chosen):
        problems.append(
            f"{name!r} holds integers ({dtype}) that differ between stages, "
            f"as quantised weights do; --kind '{name}=copy' takes Theta_0's"
        )
    return treatment, problems


def log_treatments(found: Mapping[str, Treatment]) -> None:
    """Log how many tensors of each kind are predicted and copied, and why copied."""
    counts = Counter(each.kind for each in found.values() if each.is_predicted)
    listed = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    log.info("%d predicted: %s", counts.total(), listed or "none")
    reasons: dict[str, list[str]] = {}
    for name, treatment in found.items():
        if not treatment.is_predicted:
            reason = f"of kind {treatment.kind}, {treatment.why}"
            reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        log.info(
            "%d copied from Theta_0, %s: %s",
            len(names),
            reason,
            some_of(names),
        )
    if not counts:
        log.warning("nothing is predicted: all %d tensors are copied", len(found))
    elif layers := [
        name.removesuffix(".running_var")
        for name in found
        if name.endswith(".running_var")
    ]:
        log.info(
            "BatchNorm's means and variances are Theta_0's and do not fit predicted "
            "weights: measure them again (know.recalibrate_norms, docs/own_network.md) "
            "in %s",
            some_of(layers),
        )


def _matches(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _choice_problems(layout: Mapping[str, Tensor], choice: Choice) -> list[str]:
    problems = [
        f"--kind {glob}={wanted}: wanted one of {', '.join(CHOICES)}"
        for glob, wanted in choice.kinds.items()
        if wanted not in CHOICES
    ]
    problems += [
        f"--kind {glob}={wanted}: {name!r} is {layout[name].dtype}, not a float"
        for glob, wanted in choice.kinds.items()
        if wanted in PREDICTED_KINDS
        for name in layout
        if fnmatchcase(name, glob) and not layout[name].dtype.is_floating_point
    ]
    globs = {"--kind": choice.kinds, "--only": choice.only, "--skip": choice.skip}
    return problems + [
        f"{option} {glob}: no tensor has such a name"
        for option, wanted in globs.items()
        for glob in wanted
        if not any(fnmatchcase(name, glob) for name in layout)
    ]
