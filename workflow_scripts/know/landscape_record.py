"""How far predictions lie from true weights of more data, as JSON between rules."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from know.checksum import write_whole
from know.errors import raise_all

COPY = "naive"
"""Id of the row that copies Theta_0."""
TRUTH = "truth"
"""Id of the row of the true weights themselves."""


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where weights lie between Theta_0 and the true weights of more data."""

    run: str
    seed: int
    """Of the run's pre-training."""
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
    """Of (weights - Theta_0) with (truth - Theta_0); None without a step."""
    shown: float | None
    """Share of the step's squared length that lies in the plane of the picture; None
    without a step, and for one kind alone."""
    accuracy: float | None
    """On test images, percent points; None for one kind alone."""


def write_locations(path: Path, locations: Iterable[Location]) -> None:
    """Write locations as one JSON list, whole or not at all."""
    records = [asdict(location) for location in locations]
    write_whole(path, json.dumps(records, indent=1, sort_keys=True) + "\n")


def read_locations(paths: Iterable[Path]) -> list[Location]:
    """Read the locations of many files, in the order of `paths`.

    Args:
        paths: files that `write_locations` wrote.

    Raises:
        KnowError: naming every file that cannot be read as locations.
    """
    locations: list[Location] = []
    problems: list[str] = []
    for path in paths:
        try:
            locations += _locations(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            problems.append(f"{path}: {error}")
    raise_all(problems, "these are not locations")
    return locations


def _locations(content: Any) -> list[Location]:
    if not isinstance(content, list) or not all(isinstance(r, dict) for r in content):
        raise TypeError("wanted a list of objects")
    return [Location(**record) for record in content]
