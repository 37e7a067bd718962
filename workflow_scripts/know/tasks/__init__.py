"""Types of downstream task, by name. Each is one module with a function `load_task`.

A task knows weights and never how they were predicted. Its module states what the rest
must know about it in literal constants, which are read without importing it, by
`TASKS.facts(name)`: `METRICS`, what it measures, the metric that decides first;
`LOWER_IS_BETTER = True`, if that holds for all of them;
`OPTIONS`, the task's own settings, as properties of a JSON schema; and
`REQUIRED_OPTIONS`, those of them that a config must give. Adding a type of task needs
no change here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from know.registry import Registry

if TYPE_CHECKING:
    from know.tasks.task import Task

TASKS: Registry[Callable[..., "Task"]] = Registry(
    "know.tasks", kind="a type of task", entry="load_task"
)
"""Every type: `load_task(dataset, *, device)` copies a data set to the device."""
