"""A trajectory store written from a training loop of one's own."""

from pathlib import Path
from types import TracebackType
from typing import Any

from torch import nn

from know.errors import KnowError
from know.provenance import versions
from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.write import write_trajectory
from know.weights.checkpoint import load_checkpoint, save_checkpoint
from know.weights.kinds import tensor_kinds
from know.whole_files import beside


class Recorder:
    """Records a network after each stage of its forgetting.

    Called once after the training on all data and once after each further stage. The
    store is written when the `with` block ends; an error in it leaves no store.
    """

    def __init__(
        self,
        path: str | Path,
        network: nn.Module,
        *,
        rate: float | None = None,
        run: str | None = None,
        seed: int = 0,
        settings: dict[str, Any] | None = None,
    ) -> None:
        """Prepare a store.

        Args:
            path: store to write, ending in `.zarr.zip`; an older one is replaced.
            network: network whose weights are recorded.
            rate: share of its data that each stage keeps, against which samples are
                checked; None for no check.
            run: name of the trajectory; by default the file's.
            seed: seed of the training, for the record.
            settings: other facts to remember, JSON-ready.
        """
        self.path = Path(path)
        if not self.path.name.endswith(".zarr.zip"):
            raise KnowError(f"wanted a store that ends in .zarr.zip, got {self.path}")
        self.network = network
        self.rate = rate
        self.run = run or self.path.name.removesuffix(".zarr.zip")
        self.seed = seed
        self.settings = settings or {}
        self.stages: list[StageRecord] = []
        self._beside = beside(self.path)

    def __enter__(self) -> "Recorder":
        """Make room for the stages beside the store."""
        self._folder = self._beside.__enter__()
        self._folder.mkdir()
        return self

    def __call__(
        self,
        *,
        samples: int,
        accuracy: float | None = None,
        test_accuracy: float | None = None,
        epochs: float = 0,
        learning_rate: float = 0,
    ) -> None:
        """Record the network's weights as they are now, as the next stage.

        Args:
            samples: size of the data that the stage was trained on.
            accuracy: percent on all data, the first stage's.
            test_accuracy: percent on test data.
            epochs: epochs of this stage, for the record.
            learning_rate: its peak learning rate, for the record.

        Raises:
            KnowError: if the data do not shrink, or not by the rate.
        """
        stage = len(self.stages)
        first = self.stages[0].samples if self.stages else samples
        if stage and samples >= self.stages[-1].samples:
            raise KnowError(
                f"wanted fewer samples at stage {stage} than the "
                f"{self.stages[-1].samples} of the stage before, got {samples}"
            )
        if self.rate and abs(samples - (wanted := first * self.rate**stage)) > 1:
            raise KnowError(
                f"wanted {wanted:.0f} samples at stage {stage}, {first} times "
                f"{self.rate:g}^{stage}, got {samples}"
            )
        # Copies, as tied weights share memory, which a safetensors file may not.
        state = {n: value.clone() for n, value in self.network.state_dict().items()}
        self.stages.append(
            StageRecord(
                samples=samples,
                epochs=epochs,
                learning_rate=learning_rate,
                accuracy=accuracy,
                test_accuracy=test_accuracy,
                checkpoint=save_checkpoint(self._file(stage), state, {}),
            )
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the store, unless the block ended in an error."""
        try:
            if error is None and self.stages:
                self._write()
        finally:
            self._beside.__exit__(kind, error, trace)

    def _write(self) -> None:
        attributes = TrajectoryAttributes(
            run=self.run,
            stages=self.stages,
            seed=self.seed,
            code_version="",
            versions=versions(),
            settings=self.settings,
        )
        states = (
            load_checkpoint(self._file(stage))[0] for stage in range(len(self.stages))
        )
        kinds = tensor_kinds(load_checkpoint(self._file(0))[0])
        write_trajectory(self.path, states, kinds, attributes)

    def _file(self, stage: int) -> Path:
        return self._folder / f"stage-{stage}.safetensors"
