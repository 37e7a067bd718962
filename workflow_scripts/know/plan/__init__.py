"""The plan: everything that a config means, as one dictionary of plain values."""

from know.plan.resolve import resolve

__all__ = ["resolve"]
