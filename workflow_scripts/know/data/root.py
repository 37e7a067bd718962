"""The folder that data sets lie below, which may move."""

import os
from pathlib import Path

DATA_ROOT = "KNOW_DATA_ROOT"
"""Environment variable with the config's `data_root`, for the jobs of the workflow."""


def data_root() -> Path:
    """Return the folder of real data sets: `data` where nobody says."""
    return Path(os.environ.get(DATA_ROOT, "data"))
