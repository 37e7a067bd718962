"""The command line `know`."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from know.errors import KnowError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from know.predictors.diagnosis.diagnose import Diagnosis
    from know.store.describe import Description

app = typer.Typer(
    help="Knowledge-overflowed weights: look at what the workflow stores.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def inspect(
    path: Annotated[
        Path,
        typer.Argument(
            help="trajectory store, shard of them, landscape, or .safetensors file"
        ),
    ],
) -> None:
    """Check every byte of a file and show what it holds.

    Ends with a status other than zero if anything about the file is damaged.
    """
    with _clear_errors():
        if path.suffix == ".safetensors":
            _inspect_checksummed(path)
        else:
            _inspect_store(path)


@app.command()
def plan(
    wanted: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="path such as runs/shapes100-s0, or id such as table1"
        ),
    ] = None,
    configfiles: Annotated[
        list[Path] | None,
        typer.Option("--configfile", help="config file to lay over the default"),
    ] = None,
    project: Annotated[Path, typer.Option(help="folder of the Snakefile")] = Path(),
) -> None:
    """Print what a config means: every job's settings, inputs and code digest."""
    with _clear_errors():
        from know.configuration import read_config
        from know.plan import as_yaml, find_entries, resolve_project

        config = read_config(project / "config", *(configfiles or []))
        _, resolved = resolve_project(project, config)
        part = find_entries(resolved, wanted) if wanted else resolved
        typer.echo(as_yaml(part), nl=False)


@app.command()
def diagnose(
    path: Annotated[Path, typer.Argument(help="trajectory store, or shard of them")],
    trial: Annotated[
        int | None, typer.Option(help="which trajectory of a shard, from 0")
    ] = None,
    hypernetworks: Annotated[
        Path | None,
        typer.Option(help="folder with {architecture}_{kind}.safetensors"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print all numbers as JSON")
    ] = False,
) -> None:
    """Tell whether a trajectory is fit for extrapolation.

    Its verdict is advice: the status is other than zero only if something about a file
    is damaged or there is nothing to diagnose.
    """
    with _clear_errors():
        from know.predictors.diagnosis.diagnose import diagnose as diagnosed

        found = diagnosed(path, trial=trial, hypernetworks=hypernetworks)
        if as_json:
            typer.echo(json.dumps(asdict(found), indent=1, allow_nan=False))
        else:
            _print_diagnosis(found)


@app.command()
def predict(
    stages: Annotated[
        list[Path],
        typer.Argument(
            help="safetensors files of any origin, Theta_0 first, or one .zarr.zip"
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="file to write")],
    method: Annotated[str, typer.Option(help="a predictor, such as known")],
    horizon: Annotated[int, typer.Option(help="stages to extrapolate")] = 1,
    rate: Annotated[
        float, typer.Option(help="share of its data that each stage keeps")
    ] = 0.5,
    hypernetworks: Annotated[
        Path | None,
        typer.Option(help="folder with {architecture}_{kind}.safetensors"),
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--option", help="KEY=VALUE of the predictor")
    ] = None,
) -> None:
    """Extrapolate a network's stages past Theta_0, one tensor in memory at a time."""
    with _clear_errors(), _log_on_stderr():
        chosen = dict(_option(text) for text in options or [])
        import torch

        from know.predictors.predict import predict_stages

        predict_stages(
            stages,
            method,
            options=chosen,
            hypernetworks=hypernetworks,
            horizon=horizon,
            rate=rate,
            output=output,
            device=torch.device("cpu"),
        )


@app.command(name="import-known")
def import_known(
    directory: Annotated[Path, typer.Argument(help="folder with the authors' .h5")],
    output: Annotated[Path, typer.Option("-o", "--output", help="folder to write")],
) -> None:
    """Turn the authors' hypernetworks into one safetensors file per kind."""
    with _clear_errors():
        from know.hypernetwork.importer import import_known as convert

        for path in convert(directory, output):
            typer.echo(path)


@app.command(name="import-wnn")
def import_wnn(
    directory: Annotated[Path, typer.Argument(help="folder with the authors' .h5")],
    output: Annotated[Path, typer.Option("-o", "--output", help="folder to write")],
    conv: Annotated[str, typer.Option(help="its file for convolutions")] = (
        "NWNN_Conv_13.h5"
    ),
    fc: Annotated[str, typer.Option(help="its file for linear layers")] = (
        "NWNN_FC_13.h5"
    ),
    bias: Annotated[str, typer.Option(help="its file for biases")] = "NWNN_Bias_13.h5",
) -> None:
    """Turn the weight nowcaster's networks into one safetensors file per kind."""
    with _clear_errors():
        from know.hypernetwork.importer import import_wnn as convert

        for path in convert(directory, output, conv=conv, fc=fc, bias=bias):
            typer.echo(path)


@app.command(name="import-nino")
def import_nino(
    checkpoint: Annotated[Path, typer.Argument(help="the authors' nino_mlp.pt")],
    output: Annotated[Path, typer.Option("-o", "--output", help="folder to write")],
) -> None:
    """Turn the published NiNo-MLP into one safetensors file per kind."""
    with _clear_errors():
        from know.hypernetwork.nino_importer import import_nino as convert

        for path in convert(checkpoint, output):
            typer.echo(path)


@app.command(name="keep-reference")
def keep_reference(
    output: Annotated[Path, typer.Argument(help="folder to write")],
    configs: Annotated[
        list[Path],
        typer.Option("-c", "--config", help="config/config.yaml, then overlays"),
    ],
    command: Annotated[str, typer.Option(help="command that made the tables")],
    results: Annotated[Path, typer.Option(help="results of the run")] = Path("results"),
    table: Annotated[str, typer.Option(help="table's id, or hypernetwork")] = "table1",
) -> None:
    """Keep a finished run's tables and figures with machine, date and commit."""
    with _clear_errors():
        from know.reporting.reference import keep_reference as keep

        keep(results, output, configs=configs, command=command, table=table)


@app.command(name="summarise-selection")
def summarise_selection(
    tables: Annotated[list[Path], typer.Argument(help="selection.csv of each config")],
    output: Annotated[Path, typer.Option("-o", "--output", help="page to write")],
) -> None:
    """Pool what selecting weights was worth over several runs of the workflow."""
    with _clear_errors():
        from know.checksum import write_whole
        from know.reporting.selection import read_selection_csv
        from know.reporting.selection_page import selection_page

        write_whole(output, selection_page(read_selection_csv(tables)))
        typer.echo(output)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """One message on stderr in place of a traceback, for what a user can mend."""
    try:
        yield
    except (KnowError, OSError) as error:
        typer.echo(f"know: {error}", err=True)
        raise typer.Exit(1) from None


@contextmanager
def _log_on_stderr() -> Iterator[None]:
    log, handler = logging.getLogger("know"), logging.StreamHandler()
    level_before = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.setLevel(level_before)
        log.removeHandler(handler)


def _option(text: str) -> tuple[str, Any]:
    """KEY=VALUE taken apart; the value is JSON where it can be, else text."""
    key, separator, value = text.partition("=")
    if not key or not separator:
        raise KnowError(f"wanted an option as KEY=VALUE, got {text!r}")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def _inspect_store(path: Path) -> None:
    # Rich, torch and zarr load only where a command needs them: a quick start.
    from know.landscape.store import is_landscape
    from know.store.describe import describe

    if is_landscape(path):
        _inspect_landscape(path)
        return
    found = describe(path)
    console = _console()
    first, facts = found[0], found[0].attributes
    _print_facts(
        console,
        {
            "trajectory" if len(found) == 1 else "shard": first.path,
            "run": ", ".join(each.attributes.run for each in found),
            "seed": ", ".join(str(each.attributes.seed) for each in found),
            "code version": facts.code_version,
            "versions": _listed(facts.versions),
            "settings": _listed(facts.settings),
            "size": f"{first.bytes_stored:,} bytes",
            "sha256": first.checksum,
        },
    )
    for each in found:
        if len(found) > 1:
            console.print(f"\n{each.attributes.run}", style="bold")
        for table in (_stage_table, _kind_table, _norm_table, _step_table):
            console.print(table(each))
    console.print("health: checksums good, all stages complete, all values finite")


def _inspect_landscape(path: Path) -> None:
    from know.landscape.store import read_landscape

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


def _stage_table(found: "Description") -> "Table":
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


def _kind_table(found: "Description") -> "Table":
    rows = [[s.kind, str(s.tensors), f"{s.values:,}"] for s in found.kinds]
    return _table("Tensors by kind", ["kind", "tensors", "values"], rows)


def _norm_table(found: "Description") -> "Table":
    stages = range(len(found.attributes.stages))
    rows = [[s.kind, *(f"{norm:.6g}" for norm in s.norms)] for s in found.kinds]
    return _table("Norms", ["kind", *(f"stage {stage}" for stage in stages)], rows)


def _step_table(found: "Description") -> "Table":
    rows = [
        [f"{number} to {number + 1}", s.kind, f"{length:.6g}", _number(cosine, ".4f")]
        for s in found.kinds
        for number, (length, cosine) in enumerate(
            zip(s.step_lengths, s.step_cosines, strict=True)
        )
    ]
    columns = ["stages", "kind", "length", "cosine to the step before"]
    return _table("Steps", columns, rows)


def _print_diagnosis(found: "Diagnosis") -> None:
    from know.predictors.diagnosis.tables import tables_of

    console = _console()
    _print_facts(
        console,
        {"trajectory": found.path, "run": found.run, "sha256": found.sha256},
    )
    for table in tables_of(found):
        console.print(_table(table.title, table.columns, table.rows))
    console.print(f"verdict: {found.verdict.text}", soft_wrap=True)


def _inspect_checksummed(path: Path) -> None:
    from know.checksum import verified_metadata

    metadata = verified_metadata(path)
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            rows = [
                [name, t.get_dtype(), str(tuple(t.get_shape()))]
                for name, t in tensors.items()
            ]
    except SafetensorError as error:
        raise KnowError(f"{path} is no safetensors file: {error}") from error
    console = _console()
    _print_facts(
        console,
        {"file": path, "size": f"{path.stat().st_size:,} bytes", **metadata},
    )
    console.print(_table("Tensors", ["name", "dtype", "shape"], rows))
    console.print("health: the checksum is whole, every byte is as it was written")


def _console() -> "Console":
    """A console that never cuts a number short, whatever the pipe's width."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 160
    return console


def _table(title: str, columns: Sequence[str], rows: Sequence[list[str]]) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, so that no name is read as markup.
        table.add_row(*(Text(cell) for cell in row))
    return table


def _print_facts(console: "Console", facts: dict[str, Any]) -> None:
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        console.print(f"{name:{width}}  {value}", soft_wrap=True)


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "none"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
