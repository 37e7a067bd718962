"""The plans of all tables, and which of them a wildcard belongs to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from know.errors import raise_all
from know.plan.landscape import LandscapePlan
from know.plan.meta import MetaPlan
from know.plan.overlays import laid_over
from know.plan.plan import Plan
from know.plan.samples import SamplePlan

Settings = Mapping[str, Any]

MAIN = "table1"
"""The table that every config has."""
_OF_A_RUN = ("pretraining", "forgetting", "horizons")


class Plans(Mapping[str, Plan]):
    """One plan a table, and those of Figure 3."""

    def __init__(
        self,
        plans: Mapping[str, Plan],
        landscape: LandscapePlan,
        config: Settings,
        *,
        refused: Mapping[str, Sequence[str]],
    ) -> None:
        """Put checked plans together.

        Args:
            plans: by the table's id.
            landscape: of Figure 3.
            config: that they come from.
            refused: tables that cannot be made, and why.
        """
        self.refused = refused
        self._plans = dict(plans)
        self.landscape = landscape
        self.meta = MetaPlan(config)
        self.samples = SamplePlan(plans, config)

    def __getitem__(self, table: str) -> Plan:
        """The plan of one table."""
        return self._plans[table]

    def __iter__(self) -> Iterator[str]:
        """Ids of the tables, in the config's order."""
        return iter(self._plans)

    def __len__(self) -> int:
        """Number of tables."""
        return len(self._plans)

    def of_run(self, run: str) -> Plan:
        """A plan that `run` stands in; all that do agree on how it is made."""
        return next(plan for plan in self._every() if run in plan.runs)

    def of_network(self, network: str) -> Plan:
        """A plan that pre-trains `network`; all that do agree on how."""
        return next(plan for plan in self._every() if network in plan.networks)

    def united(self, ids: Callable[[Plan], Sequence[str]]) -> list[str]:
        """Ids of every plan, each once.

        Args:
            ids: reads them off a plan, such as `Plan.predicted_methods`.
        """
        named = chain.from_iterable(ids(plan) for plan in self._every())
        return list(dict.fromkeys(named))

    def _every(self) -> Iterator[Plan]:
        """Plans of tables, then of Figure 3's views."""
        return chain(self.values(), self.landscape.views.values())


def read_plans(
    config: Settings, read_sheet: Callable[[str], Sequence[Settings]]
) -> Plans:
    """Plan every table of a config.

    A table other than the main one that cannot be had, such as one whose runs an
    overlay has exchanged, is left out and remembered, for whoever asks for it.

    Args:
        config: fits its schema.
        read_sheet: reads a run sheet by the path that the config gives.

    Raises:
        KnowError: naming every mistake in the main table, Figure 3 or a sheet.
    """
    planned = {}
    for table in config["tables"]:
        own = laid_over(config, config["tables"][table])
        planned[table] = Plan(own, read_sheet(own["runs"]), table)
    landscape = LandscapePlan(config, read_sheet)
    problems = [*_problems(planned[MAIN], config), *landscape.problems()]
    kept = {MAIN: planned.pop(MAIN)}
    raise_all(
        list(dict.fromkeys(problems))
        or _disagreements([*kept.values(), *landscape.views.values()]),
        "the config contradicts itself",
    )
    refused = {}
    for table, plan in planned.items():
        others = [*kept.values(), *landscape.views.values()]
        found = _problems(plan, config) or _disagreements([*others, plan])
        if found:
            refused[table] = found
        else:
            kept[table] = plan
    shown = {
        figure: settings
        for figure, settings in config["samples"].items()
        if settings["table"] not in refused
    }
    config = {**config, "samples": shown}
    raise_all(SamplePlan(kept, config).problems(), "the config contradicts itself")
    return Plans(kept, landscape, config, refused=refused)


def _problems(plan: Plan, config: Settings) -> list[str]:
    """What a table asks for and cannot get, whatever the others ask for."""
    return plan.problems() + [
        f"tables.{plan.table}.horizons: {horizon} is not among the config's horizons"
        for horizon in plan.horizons
        if horizon not in config["horizons"]
    ]


def _disagreements(plans: Sequence[Plan]) -> list[str]:
    """Runs and networks that two plans make in different ways, under one name."""
    problems = []
    first: dict[str, tuple[str, Any]] = {}
    for plan in plans:
        ways: dict[str, Any] = {
            f"run {run}": [
                row,
                *(plan.config[key] for key in _OF_A_RUN),
                plan.facts["norm_layers"],
            ]
            for run, row in plan.runs.items()
        }
        ways |= {f"network {name}": way for name, way in plan.networks.items()}
        for name, way in ways.items():
            other, known = first.setdefault(name, (plan.place, way))
            if known != way:
                problems.append(
                    f"{name}: {other} and {plan.place} make it in different "
                    "ways; give its runs other names, data sets, architectures, seeds "
                    "or numbers of images"
                )
    return problems
