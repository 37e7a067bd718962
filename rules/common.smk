"""Config, run sheet, ids and the functions that every rule file shares."""

import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

BASE = Path(workflow.basedir)
SCRIPTS = BASE / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

from know.code_version import code_version, import_from
from know.configuration import complete, merged, read_config, read_runs
from know.data.prepare import check_settings
from know.data.settings import DatasetSettings
from know.data.sources import SOURCES
from know.errors import KnowError, raise_all
from know.plan import Plan, read_plans
from know.plugins import PLUGINS
from know.plan.times import timed_rows, timing_files
from know.architectures import ARCHITECTURES
from know.hypernetwork.models import MODELS
from know.predictors import PREDICTORS
from know.tasks import TASKS

import_from(SCRIPTS)


def schema(name):
    """One of the JSON schemas beside the configs."""
    return yaml.safe_load((BASE / "config/schemas" / f"{name}.yaml").read_text())


def checked_plans():
    """The completed config and the plans of its tables, or all its mistakes at once."""
    try:
        completed = complete(
            merged(read_config(BASE / "config"), config), schema("config"), PLUGINS
        )
        return completed, read_plans(
            completed, lambda path: read_runs(BASE / path, schema("runs"))
        )
    except KnowError as error:
        raise WorkflowError(str(error)) from None


config, plans = checked_plans()


def refuse_missing_data(datasets):
    """Stop with one message that lists every data set that cannot be read.

    A dry run says so and goes on: it tells what would run once the data are there.
    """
    problems = [
        problem
        for name in datasets
        for problem in check_settings(
            name, DatasetSettings(**config["datasets"][name]), Path(config["data_root"])
        )
    ]
    try:
        raise_all(problems, "data sets are missing or unreadable")
    except KnowError as error:
        if not workflow.dryrun:
            raise WorkflowError(str(error)) from None
        logger.warning(str(error))


wildcard_constraints:
    table="|".join(config["tables"]),
    run="|".join(plans.united(lambda plan: list(plan.runs))),
    network="|".join(plans.united(lambda plan: list(plan.networks))),
    dataset="|".join(config["datasets"]),
    method="|".join(config["methods"]),
    task="|".join(config["tasks"]),
    metadata="|".join(config["metadata"]),
    hypernetwork="|".join(config["hypernetworks"]),
    model="|".join(sorted({h["model"] for h in config["hypernetworks"].values()})),
    kind="conv|fc|bias",
    stage=r"[1-9]\d*",
    shard=r"\d+",
    block=r"\d+",


def version_of(script, *modules):
    """Digest of a script's code and of the library modules it imports, for `params`."""
    return code_version(SCRIPTS / script, also=modules)


def dataset_file(dataset):
    """Array file that `prepare_data` makes of a data set."""
    return f"results/data/{dataset}.safetensors"
