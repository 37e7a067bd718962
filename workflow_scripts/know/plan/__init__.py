"""The plan: everything that a config means, as one dictionary of plain values."""

from know.plan.project import resolve_project
from know.plan.resolve import resolve
from know.plan.show import as_yaml, find_entry, overview

__all__ = ["as_yaml", "find_entry", "overview", "resolve", "resolve_project"]
