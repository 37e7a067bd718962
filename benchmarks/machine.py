"""The machine and the repeats that stand with every table of measurements."""

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def machine(*packages: str) -> str:
    """Processor, cores, date, load and versions, for the line above a table."""
    versions = "".join(f", {name} {version(name)}" for name in packages)
    return (
        f"{processor()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}, "
        f"load average {os.getloadavg()[0]:.2f}, "
        f"Python {platform.python_version()}{versions}"
    )


def processor() -> str:
    """Name of the processor."""
    with Path("/proc/cpuinfo").open() as lines:
        models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return models[0] if models else platform.processor() or platform.machine()


def spread(values: Sequence[float], form: str) -> str:
    """Median and extremes of repeated measurements."""
    median, least, most = statistics.median(values), min(values), max(values)
    return f"{median:{form}} [{least:{form}}, {most:{form}}]"
