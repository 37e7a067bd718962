"""Config, run sheet, ids and the functions that every rule file shares."""

import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

BASE = Path(workflow.basedir)
SCRIPTS = BASE / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

from know.code_version import code_version, import_from
from know.configuration import read_runs, schema_problems
from know.data.prepare import check_settings
from know.data.settings import DatasetSettings
from know.data.sources import SOURCES
from know.errors import KnowError, raise_all
from know.plan import Plan
from know.architectures import module_of as architecture_of
from know.hypernetwork.models import module_of as model_module
from know.predictors import module_of
from know.tasks import module_of as task_module

import_from(SCRIPTS)


def schema(name):
    """One of the JSON schemas beside the configs."""
    return yaml.safe_load((BASE / "config/schemas" / f"{name}.yaml").read_text())


def checked_plan():
    """The config as a plan, or one message that lists every mistake in it."""
    try:
        raise_all(schema_problems(config, schema("config")), "the config is wrong")
        runs = read_runs(BASE / config["runs"], schema("runs"))
        plan = Plan(config, runs)
        problems = [
            problem
            for name in plan.datasets()
            for problem in check_settings(
                name,
                DatasetSettings(**config["datasets"][name]),
                Path(config["data_root"]),
            )
        ]
        raise_all(problems, "data sets are missing or unreadable")
    except KnowError as error:
        raise WorkflowError(str(error)) from None
    return plan


plan = checked_plan()


wildcard_constraints:
    run="|".join(plan.runs),
    network="|".join(plan.networks),
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
