"""The stages of a network, tensor by tensor, from wherever they are stored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.errors import KnowError
from know.store.read import Trajectory, open_trajectory
from know.weights.kinds import Kind, tensor_kinds
from know.weights.tensor_reader import TensorReader, open_tensors

# Shape suffix: S stages, oldest knowledge first (the last is Theta_0); further
# dimensions are the tensor's.


@dataclass(frozen=True, kw_only=True)
class Stages:
    """A network's stages, of which one tensor at a time is in memory."""

    layouts: Sequence[Mapping[str, Tensor]]
    """Tensors without values for each stage, Theta_0 first."""
    kinds: Mapping[str, Kind]
    """The kind of each tensor of Theta_0."""
    facts: Mapping[str, Any]
    """Where the stages come from, JSON-ready."""
    read: Callable[[str], Tensor]
    """Read one tensor over all stages by its name: shape (S, ...), on the CPU."""


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
        facts={"run": trajectory.attributes.run, "trajectory": trajectory.checksum},
        read=read,
    )


@contextmanager
def open_stages(paths: Sequence[Path]) -> Iterator[Stages]:
    """Open the stages of a network.

    Args:
        paths: one trajectory store, or safetensors files of any origin, Theta_0 first.
            Every byte of a file with a checksum is checked.

    Yields:
        The stages. Kinds are those that the store or Theta_0's file states, or else
        inferred from names and shapes.

    Raises:
        KnowError: if a file is missing, damaged or of another format.
    """
    stores = [str(path) for path in paths if path.name.endswith(".zarr.zip")]
    if stores and len(paths) > 1:
        raise KnowError(
            "wanted checkpoints or one trajectory store, got "
            f"{len(paths)} files with {', '.join(stores)} among them"
        )
    with ExitStack() as stack:
        if stores:
            yield stages_in(stack.enter_context(open_trajectory(paths[0])))
        else:
            yield _stages_of([stack.enter_context(open_tensors(p)) for p in paths])


def _stages_of(readers: Sequence[TensorReader]) -> Stages:
    """Take the stages of open safetensors files."""

    def read(name: str) -> Tensor:
        place = readers[0].layout[name]
        history_S = torch.empty((len(readers), *place.shape), dtype=place.dtype)
        for reader, target in zip(readers, history_S.unbind()[::-1], strict=True):
            reader.read_into(name, target)
        return history_S

    layouts = [reader.layout for reader in readers]
    facts = [reader.metadata or {} for reader in readers]
    return Stages(
        layouts=layouts,
        kinds=dict(facts[0].get("kinds", tensor_kinds(layouts[0]).items())),
        facts={
            "checkpoints": [
                {"file": reader.path.name, "sha256": fact.get("sha256")}
                for reader, fact in zip(readers, facts, strict=True)
            ]
        },
        read=read,
    )
