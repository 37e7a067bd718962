"""Progress of a long training, kept outside its job's outputs.

Snakemake deletes a failed job's outputs, so a preempted training would start over.
Progress carries a digest of everything that the training depends on; a training that
finds a damaged file or another training's starts afresh.
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
from know.preemption import is_warned
from know.weights.checkpoint import State, load_checkpoint, save_checkpoint

log = logging.getLogger("know")


@dataclass
class Progress:
    """File in which a training keeps what it has done."""

    path: Path
    purpose: Any
    """Everything that the result depends on, JSON-ready."""
    interval: float = 2.0
    """Least number of seconds between two writes."""
    share: float = 0.02
    """Largest share of the time that may go into writing."""
    _written: float = field(default_factory=time.monotonic, init=False)
    _cost: float = field(default=0.0, init=False)
    """Duration of the last write in seconds."""

    @property
    def digest(self) -> str:
        """SHA-256 of the purpose."""
        text = json.dumps(self.purpose, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def load(self) -> tuple[State, dict[str, Any]] | None:
        """Return the tensors and facts that were written last, if for this purpose."""
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
        """Tell whether enough time has passed since the last write, or none is left."""
        wanted = max(self.interval, self._cost / self.share)
        return is_warned() or time.monotonic() - self._written >= wanted

    def save(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Replace the file."""
        begun = time.monotonic()
        save_checkpoint(self.path, tensors, {**facts, "digest": self.digest})
        self._written = time.monotonic()
        self._cost = self._written - begun


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
