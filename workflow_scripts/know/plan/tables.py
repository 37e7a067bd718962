"""Tables of scores and of seconds, and the figures that belong to them."""

from collections.abc import Mapping
from typing import Any

from know.plan.requests import (
    ORACLE,
    Request,
    Settings,
    VersionOf,
    dataset_file,
    dataset_names,
    factor,
    method_horizons,
    network_id,
)
from know.reporting.sample_figures import DRAWINGS
from know.tasks import TASKS


def plan_tables(
    tables: Mapping[str, Request], scores: Settings
) -> dict[str, dict[str, Any]]:
    """Plan every table of scores."""
    planned = {}
    for table, request in tables.items():
        section = request.config["tables"][table]
        planned[table] = {
            "scores": _score_files(request, scores),
            "datasets": dataset_names(request),
            "facts": {**_facts(request), "average": section.get("average", False)},
            "title": section.get("title", table.replace("table", "Table ")),
            "note": section["note"],
        }
    return planned


def _score_files(request: Request, scores: Settings) -> list[str]:
    return [
        f"results/scores/{task}/{row['run']}/{method}/block-{block}.json"
        for task in request.tasks
        for row in request.rows
        for method in request.methods
        for block in scores[task][row["run"]][method]["trials"]
    ]


def _facts(request: Request) -> dict[str, list[dict[str, Any]]]:
    """Return the facts about runs, methods and tasks that a table shows."""
    config = request.config
    methods = [(name, config["methods"][name]) for name in request.methods]
    tasks = [(name, config["tasks"][name]) for name in request.tasks]
    # Theta_0 at the norms of another method's prediction, by that method.
    same_norms = {m["of"]: n for n, m in methods if m.get("control") == "same-norms"}
    return {
        "runs": [
            {
                "run": row["run"],
                "fraction": float(row["fraction"]),
                "seed": int(row["seed"]),
                "title": f"{row['dataset']}, {row['architecture']}",
            }
            for row in request.rows
        ],
        "methods": [
            {
                "method": name,
                "is_control": "of" in method or bool(method.get("is_control")),
                "same_norms": same_norms.get(name),
                "paper_row": method.get("paper_row"),
                "stages": method.get("stages"),
            }
            for name, method in methods
        ],
        "tasks": [
            {
                "task": name,
                "metrics": list(TASKS.facts(task["type"])["METRICS"]),
                "title": task.get("title", name),
                "paper_column": task.get("paper_column"),
            }
            for name, task in tasks
        ],
    }


def plan_selection_table(request: Request, table: Settings) -> dict[str, Any]:
    """Plan the table of what selecting methods selected."""
    return {
        "scores": table["scores"],
        "datasets": table["datasets"],
        "facts": {**table["facts"], "average": False},
        "selections": [
            f"results/selected/{row['run']}/{method}.json"
            for row in request.rows
            for method in request.methods_with("select")
        ],
    }


def plan_samples(
    tables: Mapping[str, Request], shown: Settings, version_of: VersionOf
) -> dict[str, Any]:
    """Plan the figures of samples: of the first run and task of each one's table.

    Args:
        tables: request of every table.
        shown: sections of the config by figure.
        version_of: takes the code digest of a job.
    """
    planned = {}
    for figure, section in shown.items():
        request = tables[section["table"]]
        task, run = request.tasks[0], request.rows[0]["run"]
        sources = [
            {
                "label": f"{m} x{factor(request, n):g}" if n else m,
                "horizon": n,
                "path": f"results/scores/{task}/{run}/{m}/block-0.safetensors",
            }
            for m in section["methods"]
            for n in method_horizons(request, m)
        ]
        settings = request.config["tasks"][task]
        module = DRAWINGS.module_of(settings["type"])
        planned[figure] = {
            "task_type": settings["type"],
            "dataset": dataset_file(settings["dataset"]),
            "samples": [source["path"] for source in sources],
            "sources": sources,
            "images": section["images"],
            "code": version_of("plot_samples.py", module),
        }
    return planned


def plan_forgetting_figure(request: Request) -> dict[str, Any]:
    """Plan the figure of accuracy by stage."""
    runs = [row["run"] for row in request.rows]
    return {
        "datasets": dataset_names(request),
        "runs": runs,
        "stores": [f"results/trajectories/{run}.zarr.zip" for run in runs],
    }


# Table 7.


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
        "facts": {**table["facts"], "average": False},
        "note": table["note"],
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
        for facts in table["facts"]["methods"]
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
