"""What a config asks for, and whether it can be had."""

from know.plan.plan import Plan

__all__ = ["Plan"]
