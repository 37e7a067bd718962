"""Callback for the trainer of PyTorch Lightning."""

from typing import Any

from know.callbacks import Evaluate, record_stage
from know.store.recorder import Recorder

try:
    from lightning.pytorch import Callback
except ModuleNotFoundError:
    from pytorch_lightning import Callback


class RecordStages(Callback):
    """Records a stage at the end of each `fit`, in the first process.

    Weights that are cut up over processes (FSDP, DeepSpeed) are not put together.
    """

    def __init__(self, record: Recorder, *, accuracy: Evaluate | None = None) -> None:
        """Record to `record`, with the `accuracy` on all data, in percent."""
        self.record = record
        self.accuracy = accuracy

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Record what `fit` was given and has made."""
        if trainer.is_global_zero:
            record_stage(
                self.record,
                pl_module,
                trainer.train_dataloader.dataset,
                accuracy=self.accuracy,
                epochs=trainer.current_epoch,
            )
