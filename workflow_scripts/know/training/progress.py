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
    """Where a training keeps what it has done."""

    path: Path
    purpose: Any
    """Everything the training's result depends on, JSON-ready."""
    interval: float = 2.0
    """Least seconds between two writings."""
    share: float = 0.02
    """Most of the time that may go into writing, where that takes long."""
    _written: float = field(default_factory=time.monotonic, init=False)
    _cost: float = field(default=0.0, init=False)
    """Seconds that the last writing took."""

    @property
    def digest(self) -> str:
        """SHA-256 of the purpose."""
        text = json.dumps(self.purpose, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def load(self) -> tuple[State, dict[str, Any]] | None:
        """Tensors and facts of the last writing, if they serve this purpose."""
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
        """Whether the last writing lies far enough back."""
        wanted = max(self.interval, self._cost / self.share)
        return time.monotonic() - self._written >= wanted

    def save(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Replace what was written last."""
        begun = time.monotonic()
        save_checkpoint(self.path, tensors, {**facts, "digest": self.digest})
        self._written = time.monotonic()
        self._cost = self._written - begun

    def discard(self) -> None:
        """Remove the file, once the job's outputs are in place."""
        self.path.unlink(missing_ok=True)


def grouped(**groups: Mapping[str, Tensor]) -> State:
    """Put several state dicts into one, each under a prefix."""
    return {
        f"{group}/{name}": value
        for group, tensors in groups.items()
        for name, value in tensors.items()
    }


def ungrouped(tensors: Mapping[str, Tensor]) -> dict[str, State]:
    """Take apart what `grouped` has put together; empty groups are missing."""
    groups: dict[str, State] = {}
    for path, value in tensors.items():
        group, _, name = path.partition("/")
        groups.setdefault(group, {})[name] = value
    return groups
