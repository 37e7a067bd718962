"""The stages of a network, tensor by tensor, from wherever they are stored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError, raise_all, some_of
from know.store.read import Trajectory, open_trajectory
from know.weights.kinds import Kind, tensor_kinds
from know.weights.saved import SavedNetwork, Writer, open_networks
from know.weights.tensor_writer import tensor_writer

# Shape suffixes: S stages, oldest knowledge first (the last is Theta_0), N values of a
# flattened tensor; further dimensions are the tensor's.

WINDOW = 2**20
"""Values of a window: each method's tiles and blocks fit in it a whole number of times,
but for those of KNOWN, where the place in a tile changes nothing."""


@dataclass(frozen=True, kw_only=True)
class Stages:
    """A network's stages, read tensor by tensor or window by window."""

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
    read_window: Callable[[str, slice], Tensor]
    """Read some values of a flattened tensor over all stages: (S, N), on the CPU."""
    writer: Callable[[Path, Mapping[str, Any]], AbstractContextManager[Writer]]
    """Write a network with Theta_0's layout, called with a path and facts."""

    def read(self, name: str) -> Tensor:
        """Read one tensor over all stages: shape (S, ...), on the CPU."""
        place = self.layouts[0][name]
        flat_SN = self.read_window(name, slice(0, place.numel()))
        return flat_SN.reshape(len(self.layouts), *place.shape)

    def windows(self, name: str, *, whole: bool = False) -> list[Callable[[], Tensor]]:
        """Cut a tensor into windows, or leave it whole where it is but a small one.

        Args:
            name: name of the tensor.
            whole: whether to leave a large one whole as well.

        Returns:
            A function for each window, which reads it: shape (S, N). A tensor that
            stays whole is read already: shape (S, ...).
        """
        size = self.layouts[0][name].numel()
        count = 1 if whole else max(1, size // WINDOW)
        if count == 1:
            history_S = self.read(name)
            return [lambda: history_S]
        # The last one takes the rest: of a handful, numbers would be drawn otherwise.
        edges = [*range(0, count * WINDOW, WINDOW), size]
        return [partial(self.read_window, name, slice(*e)) for e in pairwise(edges)]


def stages_in(trajectory: Trajectory) -> Stages:
    """Take the stages of an open trajectory store."""
    entries = {entry.name: entry for entry in trajectory.table}

    def read_window(name: str, window: slice) -> Tensor:
        entry = entries[name]
        first = entry.window.start
        history_SN = trajectory.read_window(
            entry.kind, first + window.start, first + window.stop
        )
        return history_SN.flip(0).to(getattr(torch, entry.dtype))

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
        read_window=read_window,
        writer=lambda path, facts: tensor_writer(path, layout, facts),
    )


@contextmanager
def open_stages(paths: Sequence[Path], *, strip_prefix: str = "") -> Iterator[Stages]:
    """Open the stages of a network.

    Args:
        paths: one trajectory store, or files and folders as `open_network` reads them,
            Theta_0 first. Every byte of a file with a checksum is checked.
        strip_prefix: prefix to leave out of the names in files, besides wrappers.

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
            yield _stages_of(stack.enter_context(open_networks(paths, strip_prefix)))


def _stages_of(networks: Sequence[SavedNetwork]) -> Stages:
    """Take the stages of open files and folders."""
    facts = [network.facts or {} for network in networks]
    raise_all(_card_problems(networks), "the files are no stages of one network")

    def read_window(name: str, window: slice) -> Tensor:
        history_SN = torch.empty(
            (len(networks), window.stop - window.start),
            dtype=networks[0].layout[name].dtype,
        )
        for network, target_N in zip(networks, history_SN.unbind()[::-1], strict=True):
            network.read_into(name, target_N, window.start)
        return history_SN

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
        read_window=read_window,
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
