"""The plan of a project folder, which holds config/ and workflow_scripts/."""

from pathlib import Path
from typing import Any

from know.code_version import code_version
from know.configuration import complete, read_runs, read_schema
from know.plan.requests import Settings
from know.plan.resolve import resolve
from know.plugins import PLUGINS


def resolve_project(
    project: Path, config: Settings
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Complete a config and resolve it with the project's sheets and scripts.

    Args:
        project: folder of the Snakefile.
        config: the merged config files.

    Returns:
        The completed config, and its plan.

    Raises:
        KnowError: naming every mistake.
    """
    folder, scripts = project / "config", project / "workflow_scripts"
    completed = complete(config, read_schema(folder, "config"), PLUGINS)
    sheet = read_schema(folder, "runs")
    plan = resolve(
        completed,
        lambda path: read_runs(project / path, sheet),
        lambda script, *modules: code_version(scripts / script, also=modules),
    )
    return completed, plan
