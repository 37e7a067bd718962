"""Tables of scores and of seconds, and the figures that belong to them."""

from collections.abc import Iterator, Mapping
from typing import Any

from know.plan.requests import (
    LONGER,
    ORACLE,
    Request,
    Row,
    Settings,
    VersionOf,
    dataset_file,
)
from know.reporting.sample_figures import DRAWINGS
from know.tasks import TASKS


def plan_tables(tables: Mapping[str, Request], scores: Settings) -> dict[str, Any]:
    """Plan every table of scores."""
    planned = {}
    for table, request in tables.items():
        section = request.config["tables"][table]
        planned[table] = {
            "scores": [
                f"results/scores/{task}/{row['run']}/{method}/block-{block}.json"
                for task in request.tasks
                for row, of_run in request.by_run()
                for method in of_run.methods
                for block in scores[task][row["run"]][method]["trials"]
            ],
            "datasets": request.datasets(),
            "facts": {
                **_facts(request),
                "average": section.get("average", False),
                "primary": request.primary,
            },
            "title": section.get("title", table.replace("table", "Table ")),
            "note": section["note"],
        }
    return planned


def _facts(request: Request) -> dict[str, list[dict[str, Any]]]:
    """Return the facts about runs, methods and tasks that a table shows."""
    methods = [(name, request.method(name)) for name in request.methods]
    tasks = [(name, request.config["tasks"][name]) for name in request.tasks]
    covered = [(row["run"], of_run.methods) for row, of_run in request.by_run()]
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
                "runs": [run for run, methods in covered if name in methods],
                "is_control": "of" in method or bool(method.get("is_control")),
                "same_norms": same_norms.get(name),
                "paper_row": method.get("paper_row"),
                "stages": method.get("stages"),
                "horizons": request.horizons_of(name),
            }
            for name, method in methods
        ],
        "tasks": [
            {
                "task": name,
                "metrics": list(TASKS.facts(task["type"])["METRICS"]),
                "lower_is_better": TASKS.facts(task["type"]).get(
                    "LOWER_IS_BETTER", False
                ),
                "trials": task["trials"],
                "test_images": request.config["datasets"][task["dataset"]]["test"],
                "title": task.get("title", name),
                "paper_column": task.get("paper_column"),
            }
            for name, task in tasks
        ],
    }


def plan_selection_table(request: Request, table: Settings) -> dict[str, Any]:
    """Plan the table of what the selecting methods of a planned table selected."""
    selected = [
        (row["run"], method)
        for row, of_run in request.by_run()
        for method in of_run.methods_with("select")
    ]
    return {
        "scores": table["scores"],
        "datasets": table["datasets"],
        "facts": {**table["facts"], "average": False, "primary": None},
        "selected": [{"run": run, "method": method} for run, method in selected],
        "selections": [
            f"results/selected/{run}/{method}.json" for run, method in selected
        ],
    }


def plan_samples(
    tables: Mapping[str, Request], shown: Settings, version_of: VersionOf
) -> dict[str, Any]:
    """Plan the figures of samples, each of the first run and task of its table."""
    planned = {}
    for figure, section in shown.items():
        request = tables[section["table"]]
        task, run = request.tasks[0], request.rows[0]["run"]
        sources = [
            {
                "label": f"{m} x{request.factor(n):g}" if n else m,
                "horizon": n,
                "path": f"results/scores/{task}/{run}/{m}/block-0.safetensors",
            }
            for m in section["methods"]
            for n in request.horizons_of(m)
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
        "datasets": request.datasets(),
        "runs": runs,
        "stores": [f"results/trajectories/{run}.zarr.zip" for run in runs],
    }


def plan_times(request: Request, table: Settings) -> dict[str, Any]:
    """Plan Table 7: what the weights of a planned table cost."""
    rows = [
        {
            "run": row["run"],
            "method": method["method"],
            "factor": request.factor(horizon),
            "compute": request.compute(method["method"], row, horizon),
            "benchmarks": {
                step: [f"results/benchmarks/{job}.tsv" for job in jobs]
                for step, jobs in _jobs(request, row, method["method"], horizon)
            },
        }
        for row, of_run in request.by_run()
        for method in table["facts"]["methods"]
        if method["method"] in of_run.methods and not method["is_control"]
        for horizon in request.horizons_of(method["method"])
    ]
    files = [file for row in rows for of in row["benchmarks"].values() for file in of]
    return {
        # A job that predicts all horizons stands in the row of each.
        "benchmarks": list(dict.fromkeys(files)),
        "rows": rows,
        "rate": float(request.rate),
        "stages": request.stages,
        "facts": {**table["facts"], "average": False, "primary": None},
        "note": table["note"],
    }


def _jobs(
    request: Request, row: Row, method: str, horizon: int
) -> Iterator[tuple[str, list[str]]]:
    """Yield the jobs behind a row of Table 7 by the step they belong to."""
    run, definition = row["run"], request.method(method)
    source = definition.get("weights")
    if source == "incremental":
        yield "pretraining", [f"pretrain_incrementally/{run}"]
        return
    network = request.network(row, horizon if source == ORACLE else 0)
    if source == LONGER:
        network = request.longer_network(row)
    yield "pretraining", [f"pretrain_network/{network}"]
    if source:
        return
    stages = range(1, request.stages)
    yield "forgetting", [f"forget_stage/{run}/stage-{stage}" for stage in stages]
    yield "storing", [f"export_trajectory/{run}"]
    yield "prediction", _prediction_jobs(request, run, method)


def _prediction_jobs(request: Request, run: str, method: str) -> list[str]:
    """List the jobs that make a method's weights of trained networks and trajectory."""
    definition = request.method(method)
    if "select" in definition:
        candidates = definition["select"]
        jobs = [job for c in candidates for job in _prediction_jobs(request, run, c)]
        return [*jobs, f"select_weights/{run}/{method}"]
    if "weights" in definition:
        return []
    rule = "fit_weights" if "fit" in definition else "predict_weights"
    return [f"{rule}/{run}/{method}"]
