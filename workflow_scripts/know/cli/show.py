"""Files and diagnoses as text on the terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text
from torch import Tensor

from know.cli.terminal import printable
from know.landscape.store import is_landscape, read_landscape
from know.predictors.treatment import Treatment
from know.store.describe import Description, describe
from know.weights.kinds import tensor_kinds
from know.weights.saved import open_network
from know.weights.torch_file import TORCH_SUFFIXES


def show_file(path: Path) -> None:
    """Check every byte of a file that the workflow stores, and print what it holds.

    Raises:
        KnowError: if the file is missing, damaged or of another format.
    """
    if path.is_dir() or path.suffix in {".safetensors", *TORCH_SUFFIXES}:
        _show_network(path)
    elif is_landscape(path):
        _show_landscape(path)
    else:
        _show_store(path)


def _show_store(path: Path) -> None:
    found = describe(path)
    console = _console()
    first, facts = found[0], found[0].attributes
    _print_facts(
        console,
        {
            "trajectory" if len(found) == 1 else "shard": path,
            "run": ", ".join(each.attributes.run for each in found),
            "seed": ", ".join(str(each.attributes.seed) for each in found),
            "code version": facts.code_version,
            "versions": _listed(facts.versions),
            "settings": _listed(facts.settings),
            "size": f"{path.stat().st_size:,} bytes",
            "sha256": first.checksum,
        },
    )
    for each in found:
        if len(found) > 1:
            console.print(f"\n{each.attributes.run}", style="bold")
        for table in (_stage_table, _kind_table, _norm_table, _step_table):
            console.print(table(each))
    console.print("health: checksums good, all stages complete, all values finite")


def _show_landscape(path: Path) -> None:
    arrays, facts = read_landscape(path)
    console = _console()
    marks = zip(
        facts.pop("landmarks"),
        arrays["landmark_coordinates"],
        arrays["landmark_accuracy"],
        strict=True,
    )
    rows = [
        [str(m["stage"]), m["method"] or "-", f"{x:.3f}", f"{y:.3f}", f"{accuracy:.2f}"]
        for m, (x, y), accuracy in marks
    ]
    points = f"{len(arrays['point_accuracy']):,}"
    _print_facts(console, {"landscape": path, "points": points, **facts})
    columns = ["stage", "predicted by", "component 1", "component 2", "accuracy"]
    console.print(_table("Landmarks", columns, rows))
    console.print("health: checksums good, all points complete, all values finite")


def _stage_table(found: Description) -> Table:
    columns = ["stage", "samples", "epochs", "learning rate", "accuracy", "test"]
    rows = [
        [
            str(number),
            f"{stage.samples:,}",
            f"{stage.epochs:g}",
            f"{stage.learning_rate:g}",
            _number(stage.accuracy, ".2f"),
            _number(stage.test_accuracy, ".2f"),
            stage.checkpoint[:12],
        ]
        for number, stage in enumerate(found.attributes.stages)
    ]
    title = "Stages (accuracy on the full data and on the test set, percent)"
    return _table(title, [*columns, "checkpoint"], rows)


def _kind_table(found: Description) -> Table:
    rows = [[s.kind, str(s.tensors), f"{s.values:,}"] for s in found.kinds]
    return _table("Tensors by kind", ["kind", "tensors", "values"], rows)


def _norm_table(found: Description) -> Table:
    stages = range(len(found.attributes.stages))
    rows = [[s.kind, *(f"{norm:.6g}" for norm in s.norms)] for s in found.kinds]
    return _table("Norms", ["kind", *(f"stage {stage}" for stage in stages)], rows)


def _step_table(found: Description) -> Table:
    rows = [
        [f"{number} to {number + 1}", s.kind, f"{length:.6g}", _number(cosine, ".4f")]
        for s in found.kinds
        for number, (length, cosine) in enumerate(
            zip(s.step_lengths, s.step_cosines, strict=True)
        )
    ]
    columns = ["stages", "kind", "length", "cosine to the step before"]
    return _table("Steps", columns, rows)


def show_treatments(
    layout: Mapping[str, Tensor], found: Mapping[str, Treatment]
) -> None:
    """Print what a prediction does to each tensor, and why."""
    rows = [
        [
            name,
            str(tuple(layout[name].shape)),
            treatment.kind,
            "predicted" if treatment.is_predicted else "copied",
            treatment.why,
        ]
        for name, treatment in found.items()
    ]
    predicted = sum(treatment.is_predicted for treatment in found.values())
    console = _console()
    columns = ["name", "shape", "kind", "is", "why"]
    console.print(_table("Tensors", columns, rows))
    console.print(f"{predicted} of {len(rows)} tensors would be predicted")


def _show_network(path: Path) -> None:
    with open_network(path) as network:
        facts = network.facts
        # Our own files may hold other things than networks.
        kinds = (
            tensor_kinds(network.layout) if facts is None else facts.get("kinds", {})
        )
        rows = [
            [
                name,
                str(value.dtype).removeprefix("torch."),
                str(tuple(value.shape)),
                dict(kinds).get(name, "-"),
            ]
            for name, value in network.layout.items()
        ]
        if path.is_dir():
            where = {"folder": path, "files": ", ".join(network.files)}
        else:
            where = {"file": path, "size": f"{path.stat().st_size:,} bytes"}
    console = _console()
    weights = sum(value.numel() for value in network.layout.values())
    _print_facts(
        console, {**where, "weights": f"{weights:,}", **_without_kinds(facts or {})}
    )
    console.print(_table("Tensors", ["name", "dtype", "shape", "kind"], rows))
    console.print(
        "health: not sealed by know, so there is no checksum to check"
        if facts is None
        else "health: the checksum is whole, every byte is as it was written"
    )


def _without_kinds(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "kinds"}


def _console() -> Console:
    """Make a console that cuts no number short, whatever the width of the pipe."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 160
    return console


def _table(title: str, columns: Sequence[str], rows: Sequence[list[str]]) -> Table:
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, so that no name is read as markup.
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _print_facts(console: Console, facts: dict[str, Any]) -> None:
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        console.print(printable(f"{name:{width}}  {value}"), soft_wrap=True)


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "none"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
