"""Config, plan and the functions that every rule file shares."""

import os
import re
import signal
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

SCRIPTS = BASE / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

from know.code_version import code_version, import_from
from know.configuration import merged, read_config
from know.data.prepare import check_settings
from know.data.root import DATA_ROOT
from know.data.settings import DatasetSettings
from know.errors import KnowError, raise_all
from know.plan import resolve_project

import_from(SCRIPTS)
# Slurm sends its warning to all processes of a job: it is for the script, which leaves in
# order, and not for the Snakemake and the shell that started it, which would end at once.
signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def version_of(script):
    """Digest of a script's code and of the library modules it imports, for `params`."""
    return code_version(SCRIPTS / script)


def resolved():
    """The completed config and its plan, or all its mistakes at once."""
    try:
        merged_config = merged(read_config(BASE / "config"), config)
        files = [Path(file) for file in workflow.configfiles]
        return resolve_project(BASE, merged_config, files=files)
    except KnowError as error:
        raise WorkflowError(str(error)) from None


config, PLAN = resolved()
# No param of any job: data that moved are the same data.
os.environ[DATA_ROOT] = config["data_root"]


def planned(path):
    """Look up the plan at a path such as `runs/{run}/rate`, by a job's wildcards.

    As Snakemake's `lookup`, which takes 25 ms of the paper's plan for each value: it
    compares every path.
    """

    def value(wildcards):
        found = PLAN
        keys = path.format(**wildcards).split("/")
        for depth, key in enumerate(keys):
            if key not in found:
                raise WorkflowError(missing_entry(keys[: depth + 1], found))
            found = found[key]
        return found

    return value


def missing_entry(keys, found):
    """Why the plan has no such entry."""
    entry = "/".join(keys)
    if entry in PLAN["refused"]:
        return "\n  - ".join([f"{keys[-1]} cannot be made:", *PLAN["refused"][entry]])
    return f"{entry} is not in the plan, which has {', '.join(found) or 'none'} there"


def checked(entry, files):
    """Files of an entry of the plan, once its data sets are known to be there."""

    def value(wildcards):
        refuse_missing_data(planned(f"{entry}/datasets")(wildcards))
        return planned(f"{entry}/{files}")(wildcards)

    return value


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


def cards_of(wildcards, input):
    """Cards that the plan expects of the input files, for `params`."""
    return {file: PLAN["cards"][file] for file in input if file in PLAN["cards"]}


def methods_in(section):
    """Pattern of the methods that a section of the plan has for any run."""
    methods = {method for of_run in PLAN[section].values() for method in of_run}
    return "|".join(sorted(methods)) or "none"


def networks_with(averages):
    """Pattern of the networks whose averages over the pre-training a table wants."""
    names = (n for n, of in PLAN["networks"].items() if of["averages"] == averages)
    return "|".join(names) or "none"


def pretraining(entry):
    """Look up `dataset` or `settings` of D_0 for a block of trials that reads them.

    The first block measures weights on the pre-training task before they are fine-tuned;
    later ones read D_0 only where norm layers are measured on it.
    """
    first = planned(f"runs/{{run}}/{entry}")
    later = planned(f"scores/{{task}}/{{run}}/{{method}}/calibration/{entry}")

    def value(wildcards):
        return (first if wildcards.block == "0" else later)(wildcards)

    return value


wildcard_constraints:
    fetched="|".join(PLAN["fetched"]) or "none",
    published="|".join(map(re.escape, PLAN["published"])) or "none",
    table="|".join(config["tables"]),
    run="|".join(PLAN["runs"]),
    network="|".join(PLAN["networks"]),
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
