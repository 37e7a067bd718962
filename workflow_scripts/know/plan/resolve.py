"""From a config and its run sheets to the plan: one dictionary of plain values."""

from typing import Any

from know.errors import raise_all
from know.plan.checks import (
    config_problems,
    disagreements,
    landscape_problems,
    request_problems,
    sample_problems,
    table_problems,
    unknown_ids,
)
from know.plan.hypernetworks import plan_comparison, plan_hypernetworks, plan_metadata
from know.plan.landscape import plan_landscape
from know.plan.methods import plan_methods
from know.plan.networks import plan_datasets, plan_networks, plan_runs
from know.plan.requests import (
    ReadSheet,
    Request,
    Settings,
    VersionOf,
    table_requests,
    view_requests,
)
from know.plan.tables import (
    plan_forgetting_figure,
    plan_samples,
    plan_selection_table,
    plan_tables,
    plan_times,
)

MAIN = "table1"
"""The table that every config has."""


def resolve(
    config: Settings, read_sheet: ReadSheet, version_of: VersionOf
) -> dict[str, Any]:
    """Resolve a config into everything that its jobs read and are told.

    A table other than the main one that is impossible, such as one whose runs an
    overlay has exchanged, is left out; `refused` says why at its path, for whoever
    asks for it.

    Args:
        config: complete and fitting its schema.
        read_sheet: reads a run sheet by the path that the config gives.
        version_of: takes the code digest of a job.

    Returns:
        Entries by kind of artefact, then by the wildcards of its path. All values are
        those of JSON.

    Raises:
        KnowError: naming every mistake in the main table, Figure 3 or a sheet.
    """
    tables, views, refused = _checked_requests(config, read_sheet)
    shown = {
        figure: section
        for figure, section in config["samples"].items()
        if f"tables/{section['table']}" not in refused
    }
    raise_all(sample_problems(shown, tables), "the config contradicts itself")
    every = [*tables.values(), *views.values()]
    networks = plan_networks(every, version_of)
    runs = plan_runs(every, networks, version_of)
    methods = plan_methods(tables.values(), runs, version_of)
    planned = plan_tables(tables, methods["scores"])
    plan = {
        "datasets": plan_datasets(config, version_of),
        "networks": networks,
        "runs": runs,
        "metadata": plan_metadata(config, version_of),
        "hypernetworks": plan_hypernetworks(config, version_of),
        "hypernetwork_table": plan_comparison(config, version_of),
        **methods,
        "tables": planned,
        "refused": refused,
        "forgetting_figure": plan_forgetting_figure(tables[MAIN]),
        "times": plan_times(tables[MAIN], planned[MAIN]),
        "samples": plan_samples(tables, shown, version_of),
        "landscape": plan_landscape(views, runs, config, version_of),
    }
    selected = config["selection"]["table"]
    if selected in tables and tables[selected].methods_with("select"):
        plan["selection_table"] = plan_selection_table(
            tables[selected], planned[selected]
        )
    else:
        refused["selection_table"] = refused.get(f"tables/{selected}") or [
            "results/selection.csv tells how a selecting method chose; the methods of "
            f"{selected}, which selection.table names, have none, such as "
            "auto: {select: [known]}"
        ]
    return plan


def _checked_requests(
    config: Settings, read_sheet: ReadSheet
) -> tuple[dict[str, Request], dict[str, Request], dict[str, list[str]]]:
    """Return the tables that are possible, the views, and why others are refused."""
    wanted = table_requests(config, read_sheet)
    views = view_requests(config, read_sheet)
    tables = {MAIN: wanted.pop(MAIN)}
    kept = [*tables.values(), *views.values()]
    problems = unknown_ids(config, kept) or [
        *config_problems(config),
        *table_problems(config, tables[MAIN]),
        *(problem for view in views.values() for problem in request_problems(view)),
        *landscape_problems(config, views),
    ]
    problems = list(dict.fromkeys(problems)) or disagreements(kept)
    raise_all(problems, "the config contradicts itself")
    refused = {}
    for table, request in wanted.items():
        others = [*tables.values(), *views.values()]
        problems = (
            unknown_ids(config, [request])
            or table_problems(config, request)
            or disagreements([*others, request])
        )
        if problems:
            refused[f"tables/{table}"] = problems
        else:
            tables[table] = request
    return tables, views, refused
