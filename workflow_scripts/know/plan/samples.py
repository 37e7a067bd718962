"""Figures of what fine-tuned networks make of test images: which files they show."""

from collections.abc import Mapping
from typing import Any

from know.plan.plan import Plan

Settings = Mapping[str, Any]

TASK_TYPES = {"figure4": "segmentation", "captions": "captioning"}
"""Figures, and the type of task that each shows."""


class SamplePlan:
    """What the section `samples` of a config asks for.

    A figure shows the first run and the first task of its table.
    """

    def __init__(self, plans: Mapping[str, Plan], config: Settings) -> None:
        """Look figures up in a config; `problems` says whether they can be had.

        Args:
            plans: of every table.
            config: fits its schema.
        """
        self.config = config
        self.plans = plans

    def problems(self) -> list[str]:
        """What a figure wants and its table does not have, one line each."""
        return [
            f"samples.{figure}.{problem}"
            for figure, settings in self.config["samples"].items()
            for problem in self._problems(figure, settings)
        ]

    def _problems(self, figure: str, settings: Settings) -> list[str]:
        table = settings["table"]
        if table not in self.plans:
            return [f"table: wanted one of {', '.join(self.plans)}, found {table!r}"]
        plan = self.plans[table]
        task = self.config["tasks"][plan.tasks[0]]
        if task["type"] != TASK_TYPES[figure]:
            return [
                f"table: wanted one of {TASK_TYPES[figure]}, task {plan.tasks[0]!r} "
                f"of {table} is one of {task['type']}"
            ]
        problems = [
            f"methods: {method!r} is not among those of {table}"
            for method in settings["methods"]
            if method not in plan.methods
        ]
        if settings["images"] > (kept := task["options"]["samples"]):
            problems.append(
                f"images: wanted {settings['images']}, task {plan.tasks[0]!r} keeps "
                f"the samples of {kept}"
            )
        return problems

    def plan(self, figure: str) -> Plan:
        """Plan of the table that a figure shows networks of."""
        return self.plans[self.config["samples"][figure]["table"]]

    def dataset(self, figure: str) -> str:
        """Id of the data set whose test images a figure shows."""
        return str(self.config["tasks"][self.plan(figure).tasks[0]]["dataset"])

    def images(self, figure: str) -> int:
        """Number of test images that a figure shows."""
        return int(self.config["samples"][figure]["images"])

    def sources(self, figure: str) -> list[dict[str, Any]]:
        """Label, horizon and file of each network that a figure shows."""
        plan = self.plan(figure)
        run = next(iter(plan.runs))
        return [
            {
                "label": f"{method} x{plan.factor(horizon):g}" if horizon else method,
                "horizon": horizon,
                "path": f"results/scores/{plan.tasks[0]}/{run}/{method}/"
                "block-0.safetensors",
            }
            for method in self.config["samples"][figure]["methods"]
            for horizon in plan.method_horizons(method)
        ]
