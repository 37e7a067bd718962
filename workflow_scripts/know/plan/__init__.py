"""The plan: everything that a config means, as one dictionary of plain values."""

from know.plan.resolve import resolve_project
from know.plan.show import find_entry, overview, without_nulls

__all__ = ["find_entry", "overview", "resolve_project", "without_nulls"]
