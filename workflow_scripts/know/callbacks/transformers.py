"""Callback for the trainer of Hugging Face's transformers."""

from typing import Any

from transformers import TrainerCallback

from know.callbacks import Evaluate, record_stage
from know.store.recorder import Recorder


class RecordStages(TrainerCallback):
    """Records a stage at the end of each `train`, in the first process.

    Weights that are cut up over processes (FSDP, DeepSpeed) are not put together.
    """

    def __init__(self, record: Recorder, *, accuracy: Evaluate | None = None) -> None:
        """Record to `record`, with the `accuracy` on all data, in percent."""
        self.record = record
        self.accuracy = accuracy

    def on_train_end(self, args: Any, state: Any, control: Any, **trained: Any) -> None:
        """Record what `train` was given and has made."""
        if state.is_world_process_zero:
            record_stage(
                self.record,
                trained["model"],
                trained["train_dataloader"].dataset,
                accuracy=self.accuracy,
                epochs=state.epoch,
                learning_rate=args.learning_rate,
            )
