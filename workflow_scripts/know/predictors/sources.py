"""The stages of a network, tensor by tensor, from wherever they are stored."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from know.architectures import build_network
from know.errors import KnowError
from know.store.read import Trajectory
from know.weights.flatten import unflatten
from know.weights.kinds import Kind, inferred_kinds, tensor_kinds
from know.weights.tensor_reader import TensorReader, open_tensors

# Shape suffix: S stages, oldest knowledge first (the last is Theta_0); further
# dimensions are the tensor's.


class StageSource(Protocol):
    """A network's stages, of which one tensor at a time is in memory."""

    @property
    def layouts(self) -> Sequence[Mapping[str, Tensor]]:
        """Tensors without values for each stage, Theta_0 first."""

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of each tensor of Theta_0."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Where the stages come from, JSON-ready."""

    def read(self, name: str) -> Tensor:
        """One tensor over all stages, shape (stages, ...), on the CPU."""


@dataclass(frozen=True)
class TrajectorySource:
    """The stages of an open trajectory store."""

    trajectory: Trajectory

    @property
    def layouts(self) -> list[dict[str, Tensor]]:
        """Tensors without values for each stage, Theta_0 first."""
        layout = {
            entry.name: torch.empty(
                entry.shape, dtype=getattr(torch, entry.dtype), device="meta"
            )
            for entry in self.trajectory.table
        }
        return [layout] * self.trajectory.num_stages

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each tensor."""
        return self.trajectory.kinds

    @property
    def facts(self) -> dict[str, Any]:
        """The trajectory's run and checksum."""
        attributes = self.trajectory.attributes
        return {"run": attributes.run, "trajectory": self.trajectory.checksum}

    def read(self, name: str) -> Tensor:
        """One tensor over all stages, shape (stages, ...), on the CPU."""
        (entry,) = (entry for entry in self.trajectory.table if entry.name == name)
        window_SN = self.trajectory.read_window(
            entry.kind, entry.window.start, entry.window.stop
        )
        alone = [replace(entry, offset=0)]
        history_S = torch.empty(
            (len(window_SN), *entry.shape), dtype=getattr(torch, entry.dtype)
        )
        for stage_N, place in zip(window_SN, history_S.unbind()[::-1], strict=True):
            place.copy_(unflatten({entry.kind: stage_N}, alone)[name])
        return history_S


@dataclass(frozen=True, kw_only=True)
class CheckpointSource:
    """The stages of a network as safetensors files, checksummed or not."""

    readers: Sequence[TensorReader]
    """One a stage, Theta_0 first."""
    kinds: Mapping[str, Kind]
    """The kind of each tensor of Theta_0."""

    @property
    def layouts(self) -> list[dict[str, Tensor]]:
        """Tensors without values for each stage, Theta_0 first."""
        return [_layout(reader) for reader in self.readers]

    @property
    def facts(self) -> dict[str, Any]:
        """Name of each file, and its checksum where it has one."""
        return {
            "checkpoints": [
                {
                    "file": reader.path.name,
                    "sha256": (reader.metadata or {}).get("sha256"),
                }
                for reader in self.readers
            ]
        }

    def read(self, name: str) -> Tensor:
        """One tensor over all stages, shape (stages, ...), on the CPU."""
        place = self.readers[0].places[name]
        history_S = torch.empty((len(self.readers), *place.shape), dtype=place.dtype)
        for reader, target in zip(self.readers, history_S.unbind()[::-1], strict=True):
            reader.read_into(name, target)
        return history_S


@contextmanager
def open_checkpoints(paths: Sequence[Path]) -> Iterator[CheckpointSource]:
    """Open the stages of a network.

    Args:
        paths: safetensors files of any origin, Theta_0 first. Every byte of a
            checksummed one is checked.

    Yields:
        The stages; kinds are those of the network that Theta_0's file names, or else
        inferred from names and shapes.

    Raises:
        KnowError: if a file is missing, damaged or no safetensors file.
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(open_tensors(path)) for path in paths]
        yield CheckpointSource(readers=readers, kinds=_kinds_of(readers[0]))


def _layout(reader: TensorReader) -> dict[str, Tensor]:
    return {name: p.empty(device="meta") for name, p in reader.places.items()}


def _kinds_of(reader: TensorReader) -> dict[str, Kind]:
    """Kinds of a checkpoint's tensors, by its network where the file names one."""
    layout, facts = _layout(reader), reader.metadata or {}
    if not {"architecture", "num_classes", "image_size"} <= set(facts):
        return inferred_kinds(layout)
    with torch.device("meta"):
        network = build_network(
            facts["architecture"],
            num_classes=facts["num_classes"],
            image_size=facts["image_size"],
            seed=0,
            options=facts.get("options"),
        )
    kinds = tensor_kinds(network)
    if set(kinds) != set(layout):
        raise KnowError(
            f"{reader.path} says that it is of architecture {facts['architecture']!r}, "
            f"but differs from it in "
            f"{', '.join(sorted(set(kinds).symmetric_difference(layout)))}"
        )
    return kinds
