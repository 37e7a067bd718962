"""Progress of a long training, kept outside the outputs of its job.

Snakemake deletes a failed job's outputs, so a preempted training would begin again.
Progress is stamped with a digest of what the training depends on: another training that
finds it, or a damaged file, starts afresh.
"""

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from know.errors import KnowError
from know.weights.checkpoint import State, load_checkpoint, save_checkpoint

log = logging.getLogger("know")


@dataclass
class Progress:
    """Where a training keeps its last finished epoch."""

    path: Path
    purpose: Any
    """Everything the training's result depends on, JSON-ready."""
    interval: float = 2.0
    """Seconds between two writings; epochs shorter than this are not each worth one."""
    _written: float = field(default_factory=time.monotonic, init=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the purpose."""
        text = json.dumps(self.purpose, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def load(self) -> tuple[State, dict[str, Any]] | None:
        """Tensors and facts of the last finished epoch, if they serve this purpose."""
        if not self.path.exists():
            return None
        try:
            tensors, facts = load_checkpoint(self.path)
        except KnowError as error:
            log.warning("starting afresh: %s", error)
            return None
        if facts.get("digest") != self.digest:
            log.info("%s belongs to other settings, starting afresh", self.path)
            return None
        return tensors, facts

    def is_due(self) -> bool:
        """Whether the last writing lies `interval` seconds back."""
        return time.monotonic() - self._written >= self.interval

    def save(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Replace the last finished epoch."""
        save_checkpoint(self.path, tensors, {**facts, "digest": self.digest})
        self._written = time.monotonic()

    def discard(self) -> None:
        """Remove the file, once the job's outputs are in place."""
        self.path.unlink(missing_ok=True)
