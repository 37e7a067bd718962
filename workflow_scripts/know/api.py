"""The library for people with a training loop of their own, as `import know`.

A `Source` is a trajectory store; or the stages of one network, Theta_0 (all data)
first, as state dicts or as files and folders in the forms of `docs/formats.md`.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, Subset

from know.data.subsets import nested_order, stage_sizes
from know.errors import KnowError
from know.predictors.diagnosis.diagnose import Diagnosis
from know.predictors.diagnosis.diagnose import diagnose as diagnose_files
from know.predictors.methods import check_options, files_in
from know.predictors.predict import predict_stages
from know.predictors.stages import Stages, open_stages
from know.predictors.treatment import Choice
from know.randomness import seed_for
from know.reporting.candidates import compare_candidates as compare
from know.store.recorder import Recorder
from know.training.norms import measure_norms
from know.weights.checkpoint import State, save_checkpoint
from know.weights.tensor_writer import state_writer

__all__ = [
    "KnowError",
    "Recorder",
    "compare",
    "diagnose",
    "nested_subsets",
    "open",
    "predict",
    "recalibrate_norms",
]

Source = (
    str | PathLike[str] | Sequence[str | PathLike[str]] | Sequence[Mapping[str, Tensor]]
)


def nested_subsets(
    data: Dataset[Any], *, rate: float = 0.5, stages: int = 5, seed: int = 0
) -> list[Subset[Any]]:
    """Draw the data of each stage: ever smaller subsets, each within the one before.

    Source: section 3 of Jang et al. (arXiv 2508.05059). Decision 2.

    Args:
        data: a data set with a length.
        rate: share of the data that each stage keeps, in (0, 1].
        stages: number of subsets, the first one being all of `data`.
        seed: seed of the one shuffle whose first samples each subset is.

    Raises:
        KnowError: if a rate or number is out of range, or a stage would be empty.
    """
    count = len(cast("Sized", data))
    order = nested_order(
        np.zeros(count, dtype=np.int64), seed=seed_for("nested subsets", seed)
    )
    sizes = stage_sizes(count, rate=rate, stages=stages)
    return [Subset(data, order[:size].tolist()) for size in sizes]


def diagnose(
    source: Source,
    *,
    trial: int | None = None,
    hypernetworks: str | PathLike[str] | None = None,
    rate: float = 0.5,
) -> Diagnosis:
    """Tell whether a trajectory is fit for extrapolation; print it to read it.

    Args:
        source: trajectory store, shard of them, or stages.
        trial: number of the trajectory in a shard, from 0.
        hypernetworks: folder with `{method}_{kind}.safetensors`; by default the
            package's.
        rate: share of its data that each stage keeps, where the source does not say.

    Raises:
        KnowError: if a file is damaged, or there is nothing to diagnose.
    """
    folder = Path(hypernetworks) if hypernetworks else None
    with _files_of(source) as paths:
        return diagnose_files(paths, trial=trial, hypernetworks=folder, rate=rate)


def predict(
    source: Source,
    method: str | None = None,
    *,
    horizon: int = 1,
    rate: float | None = None,
    options: Mapping[str, Any] | None = None,
    hypernetworks: str | PathLike[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    device: str | torch.device = "cpu",
) -> State:
    """Extrapolate a network's stages past Theta_0.

    Args:
        source: trajectory store, or stages.
        method: such as `soup`; by default `known`. `know methods` lists them.
        horizon: stages to extrapolate.
        rate: share of its data that each stage keeps; by default what the store says,
            or else 0.5.
        options: options of the method.
        hypernetworks: folder with `{method}_{kind}.safetensors`; by default the
            package's.
        kinds: conv, fc, bias, norm or copy by glob of tensor names, over our own idea.
        only: globs of tensors to predict, all others being copied.
        skip: globs of tensors to copy.
        device: device to compute on.

    Returns:
        A state dict of Theta_0's names, shapes and dtypes, on the CPU.

    Raises:
        KnowError: if the stages do not fit each other, or the method refuses them.
    """
    if hypernetworks and not method:
        raise KnowError("hypernetworks need the method that they are of")
    if method:
        check_options(method, options or {})
    with (
        _files_of(source) as paths,
        open_stages(paths) as stages,
        state_writer(stages.layouts[0]) as gathered,
    ):
        predict_stages(
            # There is no file to name and no place for facts.
            replace(stages, writer=lambda path, facts: nullcontext(gathered)),
            method,
            options=options or {},
            hypernetworks=(
                files_in(Path(hypernetworks), method)
                if hypernetworks and method
                else None
            ),
            horizons=[horizon],
            rate=rate,
            outputs=[Path()],
            device=torch.device(device),
            choice=Choice(kinds=kinds or {}, only=only, skip=skip),
        )
    return gathered.state


def recalibrate_norms(
    network: nn.Module,
    state: Mapping[str, Tensor],
    batches: Iterable[Any],
    *,
    inputs: Callable[[Any], Any] = lambda batch: (
        batch[0] if isinstance(batch, tuple | list) else batch
    ),
) -> State:
    """Load weights, and measure the statistics of every BatchNorm anew for them.

    Args:
        network: network to load into; BatchNorm's means and variances become plain
            averages over one pass, and it is left in training mode.
        state: weights, such as those of `predict`.
        batches: for instance a data loader of all data, without augmentation.
        inputs: takes the network's input from a batch; by default the first of a tuple.

    Returns:
        A copy of the network's state dict.
    """
    network.load_state_dict(state)
    place = next(network.parameters()).device
    measure_norms(network, (_moved(inputs(batch), place) for batch in batches))
    return {name: value.clone() for name, value in network.state_dict().items()}


def open(source: Source) -> "Tensors":
    """Open the tensors of a trajectory, each over all its stages.

    Args:
        source: trajectory store, or stages.

    Returns:
        A mapping from names to tensors of shape (stages, ...), Theta_0 first, read when
        they are asked for. It closes with a `with` block, or when nobody uses it.

    Raises:
        KnowError: if a file is missing, damaged or of another format.
    """
    with ExitStack() as stack:
        paths = stack.enter_context(_files_of(source))
        stages = stack.enter_context(open_stages(paths))
        return Tensors(stages, stack.pop_all())


class Tensors(Mapping[str, Tensor]):
    """Tensors of an open trajectory, by name."""

    def __init__(self, stages: Stages, resources: ExitStack) -> None:
        """Keep `resources` open as long as this lives."""
        self._stages = stages
        self.close = weakref.finalize(self, resources.close)

    def __getitem__(self, name: str) -> Tensor:
        """Read one tensor: shape (stages, ...), Theta_0 first."""
        if name not in self._stages.layouts[0]:
            raise KeyError(name)
        return self._stages.read(name).flip(0)

    def __iter__(self) -> Iterator[str]:
        """Go through the names, in Theta_0's order."""
        return iter(self._stages.layouts[0])

    def __len__(self) -> int:
        """Count the tensors."""
        return len(self._stages.layouts[0])

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kind of each tensor."""
        return self._stages.kinds

    def __enter__(self) -> "Tensors":
        """Open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self.close()


@contextmanager
def _files_of(source: Source) -> Iterator[list[Path]]:
    """Paths of a source; state dicts are written to a folder for the time being."""
    if isinstance(source, str | PathLike):
        yield [Path(source)]
        return
    with TemporaryDirectory() as folder:
        yield [
            Path(each)
            if isinstance(each, str | PathLike)
            else _saved(Path(folder) / f"stage-{number}.safetensors", each)
            for number, each in enumerate(source)
        ]


def _saved(path: Path, state: Mapping[str, Tensor]) -> Path:
    # Copies, as tied weights share memory, which a safetensors file may not.
    save_checkpoint(path, {name: value.clone() for name, value in state.items()}, {})
    return path


def _moved(value: Any, place: torch.device) -> Any:
    return value.to(place) if isinstance(value, Tensor) else value
