"""Files, and what a prediction would do to them, as text on the terminal."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from torch import Tensor

from know.cli.terminal import printable
from know.landscape.store import is_landscape, read_landscape
from know.plain_text import Table, laid_out, number
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
    table = ("Tensors", ["name", "shape", "kind", "is", "why"], rows)
    _show({}, [table], f"{predicted} of {len(rows)} tensors would be predicted")


def _show(facts: Mapping[str, Any], tables: Iterable[Table], last: str) -> None:
    typer.echo(printable(laid_out(facts, tables, last)))


def _show_store(path: Path) -> None:
    found = describe(path)
    first, facts = found[0], found[0].attributes
    _show(
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
        [
            (f"{each.attributes.run}. {title}", columns, rows)
            for each in found
            for title, columns, rows in _tables_of(each)
        ],
        "health: checksums good, all stages complete, all values finite",
    )


def _show_landscape(path: Path) -> None:
    arrays, facts = read_landscape(path)
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
    columns = ["stage", "predicted by", "component 1", "component 2", "accuracy"]
    _show(
        {"landscape": path, "points": points, **facts},
        [("Landmarks", columns, rows)],
        "health: checksums good, all points complete, all values finite",
    )


def _tables_of(found: Description) -> Iterator[Table]:
    """Yield the tables of one trajectory."""
    stages = [
        [
            str(place),
            f"{stage.samples:,}",
            f"{stage.epochs:g}",
            f"{stage.learning_rate:g}",
            number(stage.accuracy, ".2f"),
            number(stage.test_accuracy, ".2f"),
            stage.checkpoint[:12],
        ]
        for place, stage in enumerate(found.attributes.stages)
    ]
    columns = ["stage", "samples", "epochs", "learning rate", "accuracy", "test"]
    title = "Stages (accuracy on the full data and on the test set, percent)"
    yield title, [*columns, "checkpoint"], stages
    columns = ["kind", "tensors", "values", *(f"stage {row[0]}" for row in stages)]
    kinds = [
        [s.kind, str(s.tensors), f"{s.values:,}", *(f"{norm:.6g}" for norm in s.norms)]
        for s in found.kinds
    ]
    yield "Kinds of tensors, and their norms", columns, kinds
    tensors = [[t.name, t.dtype, str(t.shape), t.kind] for t in found.tensors]
    yield "Tensors", ["name", "dtype", "shape", "kind"], tensors


def _show_network(path: Path) -> None:
    with open_network(path) as network:
        facts, layout = network.facts, network.layout
        if path.is_dir():
            where = {"folder": path, "files": ", ".join(network.files)}
        else:
            where = {"file": path, "size": f"{path.stat().st_size:,} bytes"}
        if network.notes:
            where["note"] = ", ".join(network.notes)
    known = dict(facts or {})
    # Our own files may hold other things than networks.
    stated = known.pop("kinds", {})
    kinds = tensor_kinds(layout) if facts is None else dict(stated)
    rows = [
        [
            name,
            str(value.dtype).removeprefix("torch."),
            str(tuple(value.shape)),
            kinds.get(name, "-"),
        ]
        for name, value in layout.items()
    ]
    weights = sum(value.numel() for value in layout.values())
    _show(
        {**where, "weights": f"{weights:,}", **known},
        [("Tensors", ["name", "dtype", "shape", "kind"], rows)],
        "health: not sealed by know, so there is no checksum to check"
        if facts is None
        else "health: the checksum is whole, every byte is as it was written",
    )


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "none"
