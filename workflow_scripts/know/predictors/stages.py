"""The stages of a network, tensor by tensor, from wherever they are stored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError, raise_all, some_of
from know.store.read import Trajectory, open_trajectory
from know.weights.kinds import Kind, tensor_kinds
from know.weights.saved import SavedNetwork, Writer, open_network, unwrapped
from know.weights.tensor_writer import tensor_writer

# Shape suffix: S stages, oldest knowledge first (the last is Theta_0); further
# dimensions are the tensor's.


@dataclass(frozen=True, kw_only=True)
class Stages:
    """A network's stages, of which one tensor at a time is in memory."""

    layouts: Sequence[Mapping[str, Tensor]]
    """Tensors without values for each stage, Theta_0 first."""
    kinds: Mapping[str, Kind]
    """The kind of each tensor of Theta_0."""
    names: str
    """The stages, for messages: files in their order."""
    facts: Mapping[str, Any]
    """Where the stages come from, JSON-ready."""
    rate: float | None
    """Share of its data that each stage keeps; None if nobody says."""
    read: Callable[[str], Tensor]
    """Read one tensor over all stages by its name: shape (S, ...), on the CPU."""
    writer: Callable[[Path, Mapping[str, Any]], AbstractContextManager[Writer]]
    """Write a network with Theta_0's layout, called with a path and facts."""


def stages_in(trajectory: Trajectory) -> Stages:
    """Take the stages of an open trajectory store."""
    entries = {entry.name: entry for entry in trajectory.table}

    def read(name: str) -> Tensor:
        entry = entries[name]
        window_SN = trajectory.read_window(
            entry.kind, entry.window.start, entry.window.stop
        )
        history_S = window_SN.reshape(-1, *entry.shape).flip(0)
        return history_S.to(getattr(torch, entry.dtype))

    layout = {
        name: torch.empty(entry.shape, dtype=getattr(torch, entry.dtype), device="meta")
        for name, entry in entries.items()
    }
    return Stages(
        layouts=[layout] * trajectory.num_stages,
        kinds=trajectory.kinds,
        names=f"the stages of {trajectory.path.name}",
        facts={"run": trajectory.attributes.run, "trajectory": trajectory.checksum},
        rate=trajectory.attributes.rate,
        read=read,
        writer=lambda path, facts: tensor_writer(path, layout, facts),
    )


@contextmanager
def open_stages(paths: Sequence[Path]) -> Iterator[Stages]:
    """Open the stages of a network.

    Args:
        paths: one trajectory store, or files and folders as `open_network` reads them,
            Theta_0 first. Every byte of a file with a checksum is checked.

    Yields:
        The stages. Kinds are those that the store or Theta_0's file states, or else
        go by names and shapes.

    Raises:
        KnowError: if a file is missing, damaged or of another format, or the files say
            that they are no stages of one network, in this order.
    """
    stores = [str(path) for path in paths if path.name.endswith(".zarr.zip")]
    if stores and len(paths) > 1:
        raise KnowError(
            "wanted checkpoints or one trajectory store, got "
            f"{len(paths)} files with {some_of(stores)} among them"
        )
    with ExitStack() as stack:
        if stores:
            yield stages_in(stack.enter_context(open_trajectory(paths[0])))
        else:
            networks = [stack.enter_context(open_network(path)) for path in paths]
            yield _stages_of(unwrapped(networks))


def _stages_of(networks: Sequence[SavedNetwork]) -> Stages:
    """Take the stages of open files and folders."""
    facts = [network.facts or {} for network in networks]
    raise_all(_card_problems(networks), "the files are no stages of one network")

    def read(name: str) -> Tensor:
        place = networks[0].layout[name]
        history_S = torch.empty((len(networks), *place.shape), dtype=place.dtype)
        for network, target in zip(networks, history_S.unbind()[::-1], strict=True):
            network.read_into(name, target)
        return history_S

    layouts = [network.layout for network in networks]
    return Stages(
        layouts=layouts,
        kinds=dict(facts[0].get("kinds", tensor_kinds(layouts[0]).items())),
        names=f"the stages {some_of([network.path.name for network in networks])}",
        facts={
            "checkpoints": [
                {"file": network.path.name, "sha256": fact.get("sha256")}
                for network, fact in zip(networks, facts, strict=True)
            ]
        },
        rate=None,
        read=read,
        writer=networks[0].writer,
    )


def _card_problems(networks: Sequence[SavedNetwork]) -> list[str]:
    """Say where the files' own facts contradict that they are stages, in order."""
    cards = [(n.path, n.facts) for n in networks if n.facts and "stage" in n.facts]
    return [
        f"{path} is stage {card['stage']} of {card.get('network')!r}, after stage "
        f"{before['stage']} of {before.get('network')!r}"
        for (_, before), (path, card) in pairwise(cards)
        if before.get("network") != card.get("network")
        or before["stage"] >= card["stage"]
    ]
