"""Downstream tasks, which know weights and never how they were predicted."""
