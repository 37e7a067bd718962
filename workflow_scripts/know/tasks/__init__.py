"""Downstream tasks, which know weights and never how they were predicted.

A type of task is a module of this package with a function `load_task`, loaded only
where a job needs it.
"""


def module_of(task_type: str) -> str:
    """Dotted name of the module that holds a type of task.

    Args:
        task_type: as the config's `tasks.*.type` names it; the schema lists them.
    """
    return f"{__name__}.{task_type}"
