"""Stages that were trained elsewhere, made stages of a run."""

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import raise_all
from know.forgetting.ladder import Ladder, TrainedStage
from know.weights.checkpoint import State, on_cpu
from know.weights.saved import SavedNetwork, open_network

log = logging.getLogger("know")

_PARTS = ("body.", "head.")


def import_stage(
    network: Path,
    dataset: Path,
    settings: Mapping[str, Any],
    *,
    samples: int,
    stage: int,
    device: torch.device,
) -> TrainedStage:
    """Read a stage's weights, and measure them on D_0 and on the test split.

    Args:
        network: file or folder, as `open_network` reads it.
        dataset: file of the data set that D_0 is drawn from.
        settings: pre-training settings as a config states them.
        samples: size of the subset that the stage was trained on.
        stage: its number, 0 for Theta_0.
        device: where accuracies are measured.

    Returns:
        The stage in the network's names and dtypes, without optimizer state.

    Raises:
        KnowError: if the file cannot be read, or naming every tensor that the network
            lacks, that it has besides, or of another shape.
    """
    ladder = Ladder.read(dataset, settings, device=device)
    own = ladder.network()
    with open_network(network) as saved:
        for note in saved.notes:
            log.info("%s: %s", network, note)
        own.load_state_dict(_state_for(own.state_dict(), saved))
    facts = {
        **ladder.facts(own, samples=samples, stage=stage),
        # Unknown, as in the stores of `know record`.
        "epochs": 0,
        "learning_rate": 0,
        "imported_from": network.name,
    }
    log.info(
        "stage %d, %s: %.1f %% of D_0 and %.1f %% of the test split are right",
        *(stage, network, facts["accuracy"], facts["test_accuracy"]),
    )
    return TrainedStage(on_cpu(own.state_dict()), {}, facts)


def _state_for(wanted: Mapping[str, Tensor], saved: SavedNetwork) -> State:
    """Read the tensors of a network, as strictly as `load_state_dict`."""
    layout = saved.layout
    names = saved_names([*wanted], layout)
    problems = [f"{name!r} is missing" for name in names.values() if name not in layout]
    problems += [
        f"{name!r} is not in the network"
        for name in layout
        if name not in names.values()
    ]
    problems += [
        f"{names[name]!r} has shape {tuple(found.shape)}, {found.dtype}, wanted "
        f"{tuple(value.shape)}, {value.dtype}"
        for name, value in wanted.items()
        if (found := layout.get(names[name])) is not None
        and (found.shape, found.is_floating_point())
        != (value.shape, value.is_floating_point())
    ]
    raise_all(problems, f"{saved.path} does not fit the run's architecture")
    state = {}
    for name, own in names.items():
        state[name] = torch.empty(layout[own].shape, dtype=layout[own].dtype)
        saved.read_into(own, state[name])
    return state


def saved_names(wanted: Sequence[str], found: Collection[str]) -> dict[str, str]:
    """Find a network's tensors among the names in a file.

    A network of the workflow is a `body` and a `head`. A file may have any prefix in
    place of either: `module.body.` and `module.head.`, or nothing and `fc.`.

    Returns:
        The name in the file of each wanted tensor, under the prefix that finds most.
    """
    names: dict[str, str] = {}
    left = set(found)
    for part in _PARTS:
        own = [name.removeprefix(part) for name in wanted if name.startswith(part)]
        prefixes = {n.removesuffix(own[0]) for n in left if own and n.endswith(own[0])}
        most, prefix = 0, part
        for each in sorted(prefixes, key=lambda prefix: (len(prefix), prefix)):
            matches = sum(each + name in left for name in own)
            if matches > most and (not each or each.endswith(".")):
                most, prefix = matches, each
        if prefix != part:
            log.info("%r of the network is %r in the file", part, prefix)
        names |= {part + name: prefix + name for name in own}
        left -= {prefix + name for name in own}
    return {name: names.get(name, name) for name in wanted}
