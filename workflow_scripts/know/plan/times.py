"""Which jobs the row of a table cost, by the files in which Snakemake times them."""

from typing import Any

from know.plan.plan import Plan


def timed_rows(plan: Plan) -> list[dict[str, Any]]:
    """Every row of the plan's table that is no control, with the jobs behind it.

    Args:
        plan: of the table.

    Returns:
        Run, method, data multiplier, and `benchmarks`: files by what their jobs did
        (`pretraining`, `forgetting`, `storing`, `prediction`). A job that predicts all
        horizons stands in the row of each.
    """
    methods = [f["method"] for f in plan.table_methods() if not f["is_control"]]
    return [
        {
            "run": run,
            "method": method,
            "factor": plan.factor(horizon),
            "benchmarks": _benchmarks(plan, run, method, horizon),
        }
        for run in plan.runs
        for method in methods
        for horizon in plan.method_horizons(method)
    ]


def _benchmarks(
    plan: Plan, run: str, method: str, horizon: int
) -> dict[str, list[str]]:
    definition = plan.method(method)
    source = definition.get("weights")
    if source == "incremental":
        return {"pretraining": [f"benchmarks/pretrain_incrementally/{run}.tsv"]}
    network = plan.network(run, horizon if source == "oracle" else 0)
    pretraining = {"pretraining": [f"benchmarks/pretrain_network/{network}.tsv"]}
    if source:
        return pretraining
    predictors = definition.get("select", [method])
    prediction = [f"benchmarks/predict_weights/{run}/{m}.tsv" for m in predictors]
    if "select" in definition:
        prediction.append(f"benchmarks/select_weights/{run}/{method}.tsv")
    return {
        **pretraining,
        "forgetting": [
            f"benchmarks/forget_stage/{run}/stage-{stage}.tsv"
            for stage in range(1, plan.num_stages)
        ],
        "storing": [f"benchmarks/export_trajectory/{run}.tsv"],
        "prediction": prediction,
    }


def timing_files(plan: Plan) -> list[str]:
    """Every file that `timed_rows` names, each once."""
    return list(
        dict.fromkeys(
            file
            for row in timed_rows(plan)
            for files in row["benchmarks"].values()
            for file in files
        )
    )
