"""How far predictions lie from true weights of more data, as JSON between rules."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from know.json_files import check_fields, read_records

COPY = "naive"
"""Id of the row that copies Theta_0."""
TRUTH = "truth"
"""Id of the row of the true weights themselves."""
ALL = "predicted"
"""Name of all predicted kinds together."""


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where weights lie between Theta_0 and the true weights of more data."""

    run: str
    seed: int
    """Seed of the run's pre-training."""
    method: str
    """Id of the method; `naive` for Theta_0, `truth` for the true weights."""
    horizon: int
    """Stages that the true weights lie ahead of Theta_0: 1, 2, 3."""
    kind: str
    """Kind of tensor: conv, fc, bias; `predicted` for all of them together."""
    distance: float
    """|weights - truth| / |Theta_0 - truth|; copying Theta_0 is 1."""
    step: float
    """|weights - Theta_0| / |truth - Theta_0|."""
    cosine: float | None
    """Cosine of (weights - Theta_0) and (truth - Theta_0); None without a step."""
    shown: float | None
    """Share of the step's squared length that lies in the plane of the picture; None
    without a step, and for one kind alone."""
    accuracy: float | None
    """Accuracy on test images, percent points; None for one kind alone."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        check_fields(
            self,
            horizon=(1, math.inf),
            distance=(0, math.inf),
            step=(0, math.inf),
            cosine=(-1, 1),
            shown=(0, 1),
            accuracy=(0, 100),
        )


def read_locations(paths: Iterable[Path]) -> list[Location]:
    """Read the locations of many files; a KnowError names every file without any."""
    return read_records(paths, Location, "locations")
