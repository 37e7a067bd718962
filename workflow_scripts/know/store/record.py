"""Trajectory stores of networks that were trained elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from know.errors import KnowError, raise_all
from know.provenance import versions
from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.write import write_trajectory
from know.weights.kinds import packed_problems, tensor_kinds
from know.weights.saved import SavedNetwork, open_networks


def record_networks(
    path: Path,
    networks: Sequence[Path],
    *,
    samples: Sequence[int] = (),
    accuracies: Sequence[float] = (),
    strip_prefix: str = "",
) -> None:
    """Put the stages of a network into one trajectory store.

    Args:
        path: store to write, ending in `.zarr.zip`.
        networks: files and folders as `open_network` reads them, Theta_0 first.
        samples: size of each stage's data; () for what the files say, or unknown.
        accuracies: percent of each stage on all data; () likewise.
        strip_prefix: prefix to leave out of names, besides wrappers.

    Raises:
        KnowError: if a file cannot be read, the stages do not fit each other, there is
            not one number per stage, or the data do not shrink.
    """
    raise_all(
        _problems(path, networks, samples, accuracies),
        "the stages cannot be recorded",
    )
    with open_networks(networks, strip_prefix) as opened:
        facts = [network.facts or {} for network in opened]
        layout = opened[0].layout
        raise_all(packed_problems(layout), "these tensors cannot be predicted from")
        records = [
            StageRecord(
                samples=samples[stage] if samples else fact.get("samples", 0),
                epochs=fact.get("epochs", 0),
                learning_rate=fact.get("learning_rate", 0),
                accuracy=accuracies[stage] if accuracies else fact.get("accuracy"),
                test_accuracy=fact.get("test_accuracy"),
                checkpoint=fact.get("sha256", ""),
            )
            for stage, fact in enumerate(facts)
        ]
        attributes = TrajectoryAttributes(
            run=path.name.removesuffix(".zarr.zip"),
            stages=records,
            seed=facts[0].get("seed", 0),
            code_version="",
            versions=versions(),
            settings={"networks": [network.path.name for network in opened]},
        )
        kinds = dict(facts[0].get("kinds", tensor_kinds(layout).items()))
        write_trajectory(path, map(_state_of, opened), kinds, attributes)


def _state_of(network: SavedNetwork) -> Mapping[str, Tensor]:
    state = {}
    for name, place in network.layout.items():
        state[name] = torch.empty(place.shape, dtype=place.dtype)
        network.read_into(name, state[name])
    return state


def _problems(
    path: Path,
    networks: Sequence[Path],
    samples: Sequence[int],
    accuracies: Sequence[float],
) -> list[str]:
    count = len(networks)
    problems = [
        f"wanted a network, found a trajectory store: {network}"
        for network in networks
        if network.name.endswith(".zarr.zip")
    ]
    if not path.name.endswith(".zarr.zip"):
        problems.append(f"wanted a store to write, ending in .zarr.zip, got {path}")
    problems += [
        f"wanted {what} of each of {count} stages, got {len(numbers)}"
        for what, numbers in {"samples": samples, "accuracy": accuracies}.items()
        if numbers and len(numbers) != count
    ]
    if wrong := [percent for percent in accuracies if not 0 <= percent <= 100]:
        problems.append(f"wanted accuracies of 0 to 100 percent, got {wrong}")
    if list(samples) != sorted(samples, reverse=True):
        problems.append(f"wanted samples that fall from stage to stage, got {samples}")
    return problems


@contextmanager
def as_store(paths: Sequence[Path]) -> Iterator[Path]:
    """Give the store among `paths`, or record them into one for the time of a block.

    Raises:
        KnowError: if there is a store among other files, or `record_networks` refuses.
    """
    if len(paths) == 1 and paths[0].name.endswith(".zarr.zip"):
        yield paths[0]
        return
    if stores := [path for path in paths if path.name.endswith(".zarr.zip")]:
        raise KnowError(
            f"wanted networks or one trajectory store, got {len(paths)} files with "
            f"{stores[0]} among them"
        )
    with TemporaryDirectory() as folder:
        store = Path(folder) / "stages.zarr.zip"
        record_networks(store, paths)
        yield store
