"""The plan of the smoke config, in a file to review.

After a change that is meant, write the file anew and look at the difference:

    uv run python tests/know/plan/test_golden.py
"""

from pathlib import Path

import yaml

from know.configuration import as_yaml, merged, read_config
from know.plan import find_entry, resolve_project

PROJECT = Path(__file__).parents[3]
GOLDEN = Path(__file__).with_name("plan-smoke.yaml")
# What the smoke config lacks: a selecting method, and a grid of learning rates.
OVERLAY = """
methods: {auto: {default: line-search, select: [naive, ema, line-search, known]}}
tables:
  table1:
    methods:
      [naive, longer, ema, swa, incremental, soup, line-search, known,
       known-same-norms, auto, oracle]
tasks: {masks-new: {learning_rate_choice: {mode: grid}}}
"""
# One or more of each kind; of the others the file lists the paths.
ENTRIES = (
    *("datasets/shapes", "datasets/digits"),
    *("networks/shapes-simplenet-norm-120-s0", "runs/smoke-s0"),
    *("metadata", "hypernetworks/known", "hypernetworks/small", "hypernetwork_table"),
    *(
        "predictions/smoke-s0/known",
        "predictions/smoke-s0/known-same-norms",
        "fits",
        "selections",
    ),
    *("scores/digits/smoke-s0/oracle", "scores/masks-new/masks-s0/known"),
    *("tables/table6", "refused", "selection_table/selections", "times"),
    *("forgetting_figure", "samples/figure4", "landscape"),
)


def golden():
    folder = PROJECT / "config"
    config = merged(read_config(folder, folder / "smoke.yaml"), yaml.safe_load(OVERLAY))
    _, plan = resolve_project(
        PROJECT,
        config,
        # In place of a digest, the script and the plug-ins that it would cover.
        version_of=lambda script, *modules: " ".join([script, *modules]),
    )
    kinds = ("networks", "runs", "predictions", "tables")
    listed = {kind: list(plan[kind]) for kind in kinds}
    for task, runs in plan["scores"].items():
        listed |= {f"scores/{task}/{run}": list(runs[run]) for run in runs}
    shown = {path: find_entry(plan, path) for path in ENTRIES}
    return as_yaml({"paths": listed, **shown})


def test_the_smoke_config_means_what_it_meant(monkeypatch):
    monkeypatch.chdir(PROJECT)
    assert golden() == GOLDEN.read_text()


if __name__ == "__main__":
    GOLDEN.write_text(golden())
