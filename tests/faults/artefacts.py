"""A kind of file that is damaged, and how a job reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

PROJECT = Path(__file__).parents[2]
STAGES = 3
ALL = frozenset({"flip", "cut", "empty", "zeros", "longer", "missing", "another run's"})
"""Every damage to bytes."""
TEXT = frozenset({"empty"})
"""A text has no checksum; a cut of it can be another text."""
UNCHECKED = ALL - {"flip", "zeros", "another run's"}
"""Damages that a binary form without a checksum shows."""
CHECKED = ALL - {"another run's"}
"""Damages that a form with a checksum of its own shows."""


@dataclass(frozen=True)
class Artefact:
    """A kind of file."""

    make: Callable[[Path, str], Path]
    """Writes the file of a run, named `a` or `b`, and whatever it needs, to a folder;
    returns the file."""
    read: Callable[[Path], Any]
    """Reads the file of run `a` as its job does."""
    notices: frozenset[str] = ALL
    """Damages after which no reading may succeed with another content. Of the others,
    a form without a checksum can make a whole file that says something else."""
    called: str = ""
    """What messages call it, if not by its name."""
    share: float = 1.0
    """Share of the damages: readings that take long are fewer."""


def state_of(run: str, stage: int = 0) -> dict[str, torch.Tensor]:
    """Weights of a small network."""
    generator = torch.Generator().manual_seed(1000 * ord(run) + stage)
    shapes = {"conv.weight": (4, 3, 3, 3), "fc.weight": (2, 4), "fc.bias": (2,)}
    state = {n: torch.randn(s, generator=generator) for n, s in shapes.items()}
    return {**state, "steps": torch.tensor(7)}
