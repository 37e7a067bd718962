"""Entry point: `snakemake --cores all` makes every table and figure of the config."""

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.14")


# The folder of this file, wherever `--directory` has the results made, and where another
# workflow imports this one as a module.
BASE = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))


# The other files of the default, in config/default/, are merged in rules/common.smk: as
# statements here, each of them would print a line in every job.
configfile: str(BASE / "config/config.yaml")


report: "docs/report.rst"


onstart:
    # Snakemake's rate limiter looks at all waiting jobs again a second after each look,
    # and each job that ends adds another look every second: after 200 jobs, with 8 waiting,
    # 7 % of a core, and more with more of both. `--max-jobs-per-timespan 1000/10s` saves
    # as much and holds the end of every run back by 10 s. Jobs of this machine start no
    # faster than cores are free, so they need no limiter.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


include: "rules/common.smk"
include: "rules/resources.smk"


if config["container"]:

    container: config["container"]


include: "rules/fetching.smk"
include: "rules/data.smk"
include: "rules/pretraining.smk"
include: "rules/forgetting.smk"
include: "rules/trajectories.smk"
include: "rules/hypernetwork.smk"
include: "rules/hypernetwork_tables.smk"
include: "rules/predictions.smk"
include: "rules/selection.smk"
include: "rules/downstream.smk"
include: "rules/tables.smk"
include: "rules/times.smk"
include: "rules/figures.smk"
include: "rules/samples.smk"
include: "rules/landscape.smk"


RESULTS = [
    *expand("results/{table}.csv", table=PLAN["tables"]),
    "results/figures/forgetting.svg",
    "results/figure3.csv",
    *expand("results/{figure}.svg", figure=PLAN["samples"]),
    "results/hypernetwork.csv",
]
if PLAN["hypernetwork_table"]["trained_models"]:
    RESULTS.append("results/figures/meta_training.svg")
if "times" in PLAN:
    RESULTS.append("results/table7.csv")
if "selection_table" in PLAN:
    RESULTS.append("results/selection.csv")
# Snakemake refuses to report on results that are not there: a report has those that are.
# With `--report-after-run` it makes them first.
OPTIONS = {word.split("=")[0] for word in sys.argv}
if "--report" in OPTIONS and "--report-after-run" not in OPTIONS:
    RESULTS = [path for path in RESULTS if Path(path).exists()]


rule all:
    default_target: True
    input:
        RESULTS,


rule fetch:
    """Fetch what the config names, and make nothing else."""
    input:
        [f"{config['published']}/{name}.safetensors" for name in PLAN["published"]],
        expand("results/fetched/{name}.json", name=PLAN["fetched"]),
    localrule: True
