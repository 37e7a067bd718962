"""Settings of its own that a table or figure lays over the config's."""

from collections.abc import Mapping
from typing import Any

from know.configuration import merged

Settings = Mapping[str, Any]

_OWN = ("runs", "pretraining", "forgetting", "horizons")
"""Settings that a section may have of its own."""


def laid_over(config: Settings, section: Settings) -> dict[str, Any]:
    """The config as a section of it sees it, its own settings laid over the others.

    Args:
        config: fits its schema.
        section: of a table or a figure.
    """
    return merged(config, {key: section[key] for key in _OWN if key in section})
