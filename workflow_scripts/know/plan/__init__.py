"""What a config asks for, and whether it can be had."""

from know.plan.plan import Plan
from know.plan.plans import Plans, read_plans

__all__ = ["Plan", "Plans", "read_plans"]
