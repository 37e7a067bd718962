"""From a config and its run sheets to the plan: one dictionary of plain values."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from know.architectures import ARCHITECTURES
from know.code_version import code_version, import_from
from know.configuration import complete, read_runs, read_schema
from know.data.augmentations import AUGMENTATIONS
from know.data.sources import SOURCES
from know.errors import KnowError, raise_all, some_of
from know.hypernetwork.models import MODELS
from know.plan.cards import plan_cards
from know.plan.checks import MAIN, possible_tables
from know.plan.config_checks import sample_problems
from know.plan.hypernetworks import plan_comparison, plan_hypernetworks, plan_metadata
from know.plan.landscape import plan_landscape
from know.plan.methods import plan_methods
from know.plan.networks import (
    plan_datasets,
    plan_fetched,
    plan_networks,
    plan_runs,
)
from know.plan.paths import located, with_stage_paths
from know.plan.published import with_fetched
from know.plan.requests import (
    IMPORTED,
    Settings,
    VersionOf,
    predicted_horizons,
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
from know.predictors import PREDICTORS
from know.registry import Registry
from know.tasks import TASKS

PLUGINS: Mapping[str, Registry[Any]] = {
    "architecture": ARCHITECTURES,
    "augmentation": AUGMENTATIONS,
    "hypernetwork": MODELS,
    "predictor": PREDICTORS,
    "source": SOURCES,
    "task": TASKS,
}
"""Every kind of plug-in, by the name that the config's schema gives it."""


def resolve_project(
    project: Path,
    config: Settings,
    *,
    files: Sequence[Path] = (),
    version_of: VersionOf | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Complete a config, and resolve it into all that its jobs read and are told.

    A table other than the main one that is impossible, such as one whose runs an
    overlay has exchanged, is left out; `refused` says why at its path, for whoever
    asks for it.

    Args:
        project: folder of the Snakefile, with config/ and workflow_scripts/.
        config: the merged config files.
        files: those config files, beside which paths that they name are looked for.
        version_of: takes the code digest of a job; by default that of the project.

    Returns:
        The completed config; and the plan, entries by kind of artefact, then by the
        wildcards of its path. All values are those of JSON.

    Raises:
        KnowError: naming every mistake in the config, a sheet, the main table or
            Figure 3.
    """
    folder, config = project / "config", located(config, files, project)
    # Its form is checked only with the plug-ins that are looked for there.
    listed = config.get("modules")
    given = listed if isinstance(listed, list) else []
    own = [Path(path).absolute() for path in given if isinstance(path, str)]
    for modules in own:
        import_from(modules)

    # Thousands of jobs run one script.
    @cache
    def digest(script: str, *modules: str) -> str:
        path = project / "workflow_scripts" / script
        return code_version(path, also=modules, roots=own)

    version_of = version_of or digest
    config = complete(config, read_schema(folder, "config"), PLUGINS)
    config, published = with_fetched(config)
    sheet = read_schema(folder, "runs")

    def read_sheet(path: str) -> list[dict[str, Any]]:
        if not Path(path).exists():
            raise KnowError(
                f"wanted a run sheet, found no file at {path}: looked beside the "
                "config file that names it, below the working directory and in "
                f"{project}"
            )
        return with_stage_paths(read_runs(Path(path), sheet), Path(path))

    wanted = table_requests(config, read_sheet)
    views = view_requests(config, read_sheet)
    tables, refused = possible_tables(config, wanted, views)
    shown = {
        figure: section
        for figure, section in config["samples"].items()
        if section["table"] in tables
    }
    raise_all(list(sample_problems(shown, tables)), "the config contradicts itself")
    every = [*tables.values(), *views.values()]
    networks = plan_networks(every, version_of)
    runs = plan_runs(every, version_of)
    methods = plan_methods(tables.values(), runs, version_of)
    planned = plan_tables(tables, methods["scores"])
    plan = {
        "published": published,
        "fetched": plan_fetched(config),
        "datasets": plan_datasets(config, version_of),
        "horizons": predicted_horizons(config),
        "networks": networks,
        "runs": runs,
        "metadata": plan_metadata(config, version_of),
        "hypernetworks": plan_hypernetworks(config, version_of),
        "hypernetwork_table": plan_comparison(config, version_of),
        **methods,
        "tables": planned,
        "refused": refused,
        "forgetting_figure": plan_forgetting_figure(tables[MAIN]),
        "samples": plan_samples(tables, shown, version_of),
        "landscape": plan_landscape(views, runs, config, version_of),
    }
    plan["cards"] = plan_cards(plan, config)
    if elsewhere := [r["run"] for r in tables[MAIN].rows if IMPORTED in r]:
        refused["times"] = [
            "results/table7.csv counts the seconds of every training, and those of "
            f"{some_of(elsewhere)} were elsewhere"
        ]
    else:
        plan["times"] = plan_times(tables[MAIN], planned[MAIN])
    if tables[MAIN].methods_with("select"):
        plan["selection_table"] = plan_selection_table(tables[MAIN], planned[MAIN])
    else:
        refused["selection_table"] = [
            "results/selection.csv tells what a selecting method chose, and the "
            f"methods of {MAIN} have none; config/auto.yaml has one"
        ]
    return config, plan
