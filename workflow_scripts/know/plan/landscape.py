"""What a config asks for in Figure 3: views, their runs, methods and points."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from know.configuration import merged
from know.plan.meta import MetaPlan
from know.plan.overlays import laid_over
from know.plan.plan import Plan

Settings = Mapping[str, Any]

WITHHELD, ORACLE = "withheld", "oracle"
"""Where a view's true weights come from: the first stages of the trajectory itself,
which methods do not see, or networks trained on more data apart from it."""


class ViewPlan(Plan):
    """Runs of one view, one a seed: how they are pre-trained and forget."""

    @property
    def facts(self) -> Settings:
        """What a plan must know, as the section of a table would say it."""
        methods = ["naive", *self.config["landscape"]["methods"]]
        if self.truths == ORACLE:
            methods.append(ORACLE)
        return {"methods": methods, "tasks": [], "norm_layers": "base"}

    @property
    def place(self) -> str:
        """Where the config says what this plan asks for."""
        return "landscape"

    @property
    def truths(self) -> str:
        """Where the true weights come from."""
        return str(self.config["landscape"]["views"][self.table]["truths"])


class LandscapePlan:
    """What Figure 3 asks for."""

    def __init__(
        self, config: Settings, read_sheet: Callable[[str], Sequence[Settings]]
    ) -> None:
        """Plan every view.

        Args:
            config: fits its schema.
            read_sheet: reads a run sheet by the path that the config gives.
        """
        self.config = config
        self.meta = MetaPlan(config)
        self.section: Settings = config["landscape"]
        self.horizons = list(range(1, self.section["horizon"] + 1))
        self.views = {
            view: self._view(view, read_sheet) for view in self.section["views"]
        }

    def _view(
        self, view: str, read_sheet: Callable[[str], Sequence[Settings]]
    ) -> ViewPlan:
        settings = self.section["views"][view]
        withheld = len(self.horizons) if settings["truths"] == WITHHELD else 0
        own = merged(
            laid_over(self.config, self.section),
            {
                "forgetting": {"stages": self.section["stages"] + withheld},
                "horizons": self.horizons,
            },
        )
        return ViewPlan(own, read_sheet(settings["runs"]), view)

    def problems(self) -> list[str]:
        """Every id that nothing declares, and every request that cannot be met."""
        problems = [p for plan in self.views.values() for p in plan.problems()]
        section, known = self.section, self.config["methods"]
        problems += [
            f"landscape.methods: {name!r} is no method that predicts"
            for name in section["methods"]
            if name in known and "predictor" not in known[name]
        ]
        problems += [
            f"landscape.views: run {run} stands in {count} views, whose methods see "
            "different stages"
            for run, count in Counter(self.runs()).items()
            if count > 1
        ]
        if section["points"] % section["points_per_job"]:
            problems.append(
                f"landscape: points ({section['points']}) must be a multiple of "
                f"points_per_job ({section['points_per_job']}), so that more points "
                "leave the finished ones alone"
            )
        return problems

    # Runs.

    def plan_of(self, run: str) -> ViewPlan:
        """Plan of the view that a run stands in."""
        return next(plan for plan in self.views.values() if run in plan.runs)

    def route(self, run: str) -> dict[str, int]:
        """Stages that methods see, and stages withheld from them."""
        stages = int(self.section["stages"])
        return {"stages": stages, "withheld": self.plan_of(run).num_stages - stages}

    def truths(self, run: str) -> list[str]:
        """Files of the true weights that are networks of their own."""
        plan = self.plan_of(run)
        return plan.weights(run, ORACLE) if plan.truths == ORACLE else []

    def runs(self) -> list[str]:
        """Runs of all views."""
        return [run for plan in self.views.values() for run in plan.runs]

    def view_runs(self) -> dict[str, list[str]]:
        """Runs of each view."""
        return {view: list(plan.runs) for view, plan in self.views.items()}

    def drawn_runs(self) -> dict[str, str]:
        """The run of each view whose landscape is drawn, its first."""
        return {view: runs[0] for view, runs in self.view_runs().items()}

    def titles(self) -> dict[str, str]:
        """Title of each view."""
        return {view: self.section["views"][view]["title"] for view in self.views}

    def datasets(self) -> list[str]:
        """Data sets that the figure reads, each once."""
        used = [name for plan in self.views.values() for name in plan.datasets()]
        return list(dict.fromkeys(used))

    # Methods.

    def compared_methods(self) -> list[dict[str, Any]]:
        """Predictor, options and hyper-models of each method."""
        return self.meta.described(self.section["methods"])

    def models(self) -> set[str]:
        """Architectures of the methods' hyper-models."""
        named = [self.config["methods"][name] for name in self.section["methods"]]
        return {
            self.config["hypernetworks"][method["hypernetwork"]]["model"]
            for method in named
            if "hypernetwork" in method
        }

    # Points.

    def cloud(self) -> dict[str, float]:
        """How far points are scattered."""
        return {"spread": self.section["spread"], "level": self.section["noise"]}

    def blocks(self) -> list[int]:
        """Numbers of the blocks that points are evaluated in."""
        return list(range(self.section["points"] // self.section["points_per_job"]))

    def block_points(self, block: int) -> list[int]:
        """Numbers of a block's points."""
        size = self.section["points_per_job"]
        return list(range(block * size, (block + 1) * size))
