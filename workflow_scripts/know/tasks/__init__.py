"""Downstream tasks, which know weights and never how they were predicted.

A type of task is a module of this package with a function `load_task`, loaded only
where a job needs it.
"""

METRICS: dict[str, tuple[str, ...]] = {
    "captioning": ("masked_accuracy", "bleu4", "cider"),
    "classification": ("accuracy",),
    "domain_generalization": ("accuracy", "accuracy_selected"),
    "segmentation": ("miou", "class_accuracy"),
}
"""What each type of task measures, the metric that decides first."""


def module_of(task_type: str) -> str:
    """Dotted name of the module that holds a type of task.

    Args:
        task_type: as the config's `tasks.*.type` names it; the schema lists them.
    """
    return f"{__name__}.{task_type}"
