"""Table 7: the jobs behind each row of Table 1, by the files that time them."""

from typing import Any

from know.plan.requests import (
    ORACLE,
    Request,
    Settings,
    factor,
    method_horizons,
    network_id,
)


def plan_times(request: Request, table: Settings) -> dict[str, Any]:
    """Plan the table of what weights cost.

    Args:
        request: request of the table whose rows are timed.
        table: what is planned for it.
    """
    rows = _rows(request, table)
    files = [file for row in rows for of in row["benchmarks"].values() for file in of]
    return {
        # A job that predicts all horizons stands in the row of each.
        "benchmarks": list(dict.fromkeys(files)),
        "rows": rows,
        "rate": float(request.rate),
        "stages": request.stages,
        **{key: table[key] for key in ("runs", "methods", "tasks", "note")},
    }


def _rows(request: Request, table: Settings) -> list[dict[str, Any]]:
    return [
        {
            "run": row["run"],
            "method": facts["method"],
            "factor": factor(request, horizon),
            "benchmarks": _benchmarks(request, row, facts["method"], horizon),
        }
        for row in request.rows
        for facts in table["methods"]
        if not facts["is_control"]
        for horizon in method_horizons(request, facts["method"])
    ]


def _benchmarks(
    request: Request, row: Settings, method: str, horizon: int
) -> dict[str, list[str]]:
    """List the files that time the jobs of a row, by what these jobs do."""
    run, definition = row["run"], request.config["methods"][method]
    source = definition.get("weights")
    if source == "incremental":
        return {"pretraining": [_file("pretrain_incrementally", run)]}
    network = network_id(request, row, horizon if source == ORACLE else 0)
    pretraining = {"pretraining": [_file("pretrain_network", network)]}
    if source:
        return pretraining
    predictors = definition.get("select", [method])
    prediction = [_file("predict_weights", f"{run}/{name}") for name in predictors]
    if "select" in definition:
        prediction.append(_file("select_weights", f"{run}/{method}"))
    return {
        **pretraining,
        "forgetting": [
            _file("forget_stage", f"{run}/stage-{stage}")
            for stage in range(1, request.stages)
        ],
        "storing": [_file("export_trajectory", run)],
        "prediction": prediction,
    }


def _file(rule: str, job: str) -> str:
    return f"results/benchmarks/{rule}/{job}.tsv"
