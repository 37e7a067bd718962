"""Entry point: `snakemake --cores all results/table1.csv` makes the paper's Table 1."""

from pathlib import Path

from snakemake.utils import min_version

min_version("9.14")


# Beside this file, wherever `--directory` has the results made. The other files of the
# default, in config/default/, are merged in rules/common.smk: as statements here, each of
# them would print a line in every job.
configfile: str(Path(workflow.basedir) / "config/config.yaml")


report: "docs/report.rst"


onstart:
    # Snakemake's rate limiter has all waiting jobs looked at again a second after every
    # look, and every job that ends adds one more look: some hundred jobs later this takes
    # half a core from the jobs. Those of this machine start no faster than cores are free.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


include: "rules/common.smk"
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


rule all:
    default_target: True
    input:
        "results/table1.csv",
        "results/figures/table1.svg",
        "results/figures/forgetting.svg",
        "results/table7.csv",
        "results/figure3.csv",
        "results/figure3.svg",
        "results/hypernetwork.csv",
        "results/figures/hypernetwork.svg",
        ["results/figures/meta_training.svg"]
        if PLAN["hypernetwork_table"]["trained_models"]
        else [],
        ["results/selection.csv"] if "selection_table" in PLAN else [],
