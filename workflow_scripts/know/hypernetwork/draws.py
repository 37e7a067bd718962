"""Weights drawn from shards of meta-data: small enough to be read in every pass.

A tensor is represented by a limited number of its weights, and by the inner products of
its stages over all of its weights, from which norms, steps and angles follow exactly.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from know.cards import read_card
from know.checksum import checksummed_metadata, verified_metadata, write_checksummed
from know.errors import KnowError
from know.randomness import seed_for
from know.store.read import Trajectory
from know.store.shards import open_shard
from know.weights.flatten import TensorEntry
from know.weights.kinds import PREDICTED_KINDS, Kind

# Shape suffixes: K tensors, T stages of a trajectory (stage 0 first), N weights drawn.


@dataclass(frozen=True, kw_only=True)
class DrawnTensors:
    """Tensors of one kind from the meta-runs of one shard or more."""

    weights_NT: Tensor
    """float32, the drawn weights, one tensor after another."""
    counts_K: Tensor
    """int64, the number of weights drawn from each tensor."""
    sizes_K: Tensor
    """int64, the number of weights in each tensor."""
    gram_KTT: Tensor
    """float64, inner products of the stages over all of a tensor's weights."""
    sums_KT: Tensor
    """float64, sums over all of a tensor's weights."""
    fan_in_K: Tensor
    """int64, inputs per output; 1 for a bias."""
    trial_K: Tensor
    """int64, index of the tensor's meta-run in `trials`."""
    trials: Sequence[Mapping[str, Any]]
    """Settings drawn for each meta-run of the shards, and its `accuracies` by stage."""

    def chosen(self, is_chosen: Sequence[bool]) -> "DrawnTensors":
        """Return the tensors of some meta-runs."""
        mask_K = torch.tensor(is_chosen, dtype=torch.bool)[self.trial_K]
        # Pieces, not an index of every weight: what such indices leave behind in the
        # heap grows with the number of shards.
        pieces = zip(
            torch.split(self.weights_NT, self.counts_K.tolist()),
            mask_K.tolist(),
            strict=True,
        )
        chosen = [weights_NT for weights_NT, is_in in pieces if is_in]
        return replace(
            self,
            weights_NT=torch.cat([self.weights_NT[:0], *chosen]),
            **{name: getattr(self, name)[mask_K] for name in (*_PER_TENSOR, "trial_K")},
        )


_PER_TENSOR = ("counts_K", "sizes_K", "gram_KTT", "sums_KT", "fan_in_K")


def joined(parts: Sequence[DrawnTensors]) -> DrawnTensors:
    """Join the tensors of several shards."""
    offsets = np.cumsum([0, *(len(part.trials) for part in parts)])
    return DrawnTensors(
        **{
            name: torch.cat([getattr(part, name) for part in parts])
            for name in ("weights_NT", *_PER_TENSOR)
        },
        trial_K=torch.cat(
            [part.trial_K + int(o) for part, o in zip(parts, offsets, strict=False)]
        ),
        trials=[trial for part in parts for trial in part.trials],
    )


def write_draws(
    path: Path, shard: Path, *, weights_per_tensor: int, stages: int
) -> None:
    """Draw from every tensor of a shard's used meta-runs and write what was drawn.

    Args:
        path: file to write, ending in `.safetensors`.
        shard: file of `know.store.shards.write_shard`.
        weights_per_tensor: most weights drawn of one tensor, without replacement.
        stages: T, the most stages of a meta-run; values of shorter ones end in NaN.

    Raises:
        KnowError: if the shard is missing or damaged.
    """
    tensors: dict[str, Tensor] = {}
    with open_shard(shard) as trials:
        diverged = trials.diverged
        facts = [_facts(trial) for trial in trials]
        for kind in PREDICTED_KINDS:
            drawn = _drawn(trials, kind, weights_per_tensor, stages)
            for name, value in drawn.items():
                tensors[f"{kind}.{name}"] = value
    metadata = checksummed_metadata(
        {
            **read_card(shard),
            "trials": facts,
            "diverged": diverged,
            "weights_per_tensor": weights_per_tensor,
        }
    )
    write_checksummed(path, safetensors.torch.save(tensors, metadata=metadata))


def read_draws(path: Path, kind: Kind) -> DrawnTensors:
    """Read the drawn tensors of one kind.

    Args:
        path: a file that `write_draws` wrote.
        kind: conv, fc or bias.

    Raises:
        KnowError: if the file is missing, damaged or holds something else.
    """
    metadata = verified_metadata(path)
    with safetensors.safe_open(path, framework="pt") as file:
        names = [n for n in file.keys() if n.startswith(f"{kind}.")]  # noqa: SIM118
        found = {name.removeprefix(f"{kind}."): file.get_tensor(name) for name in names}
    try:
        return DrawnTensors(**found, trials=metadata["trials"])
    except (TypeError, KeyError) as error:
        raise KnowError(
            f"wanted weights drawn from meta-data, found {json.dumps(sorted(found))} "
            f"in {path}"
        ) from error


def _facts(trial: Trajectory) -> dict[str, Any]:
    """Give the settings drawn for a meta-run, and its accuracy on D_0 by stage."""
    stages = trial.attributes.stages
    accuracies = [stage.accuracy for stage in stages]
    return {**trial.attributes.settings, "accuracies": accuracies}


def _drawn(
    trials: Sequence[Trajectory], kind: Kind, weights_per_tensor: int, stages: int
) -> dict[str, Tensor]:
    weights, rows, grams, sums = [], [], [], []
    for index, trial in enumerate(trials):
        if trial.attributes.settings["unused"]:
            continue
        missing = (0, stages - trial.num_stages)
        for entry, found_NT in _tensors_of(trial, kind):
            seed = seed_for("draws", trial.attributes.run, entry.name)
            chosen_N = _choice(len(found_NT), weights_per_tensor, seed)
            values_NT = torch.nn.functional.pad(found_NT, missing, value=torch.nan)
            weights.append(values_NT[chosen_N])
            wide_NT = values_NT.double()
            grams.append(wide_NT.T @ wide_NT)
            sums.append(wide_NT.sum(0))
            fan_in = entry.size // entry.shape[0] if len(entry.shape) > 1 else 1
            rows.append([len(chosen_N), entry.size, fan_in, index])
    columns = torch.tensor(rows, dtype=torch.int64).reshape(-1, 4)
    return {
        "weights_NT": torch.cat([torch.empty(0, stages), *weights]),
        "counts_K": columns[:, 0].contiguous(),
        "sizes_K": columns[:, 1].contiguous(),
        "fan_in_K": columns[:, 2].contiguous(),
        "trial_K": columns[:, 3].contiguous(),
        "gram_KTT": torch.stack([torch.zeros(stages, stages).double(), *grams])[1:],
        "sums_KT": torch.stack([torch.zeros(stages).double(), *sums])[1:],
    }


def _tensors_of(trial: Trajectory, kind: Kind) -> Iterator[tuple[TensorEntry, Tensor]]:
    """Each tensor of a kind, its weights as rows of their values by stage."""
    length = trial.lengths.get(kind, 0)
    if not length:
        return
    # A network of meta-data is small: all of a kind is read at once.
    values_TN = trial.read_window(kind, 0, length)
    for entry in trial.table:
        if entry.kind == kind and entry.size:
            yield entry, values_TN[:, entry.window].T.contiguous()


def _choice(count: int, most: int, seed: int) -> Tensor:
    if count <= most:
        return torch.arange(count)
    generator = torch.Generator().manual_seed(seed)
    return torch.randperm(count, generator=generator)[:most]
