"""The command line `know`."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from know.errors import KnowError
from know.job_log import logged_by

app = typer.Typer(
    help="Knowledge-overflowed weights: predict them, and look at what is stored.",
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
        # Rich, torch and zarr load only where a command needs them: a quick start.
        from know.cli.show import show_file

        show_file(path)


@app.command()
def plan(
    wanted: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="path such as runs/shapes100-s0, id such as table1, or a result",
        ),
    ] = None,
    configfiles: Annotated[
        list[Path] | None,
        typer.Option("--configfile", help="config file to lay over the default"),
    ] = None,
    project: Annotated[Path, typer.Option(help="folder of the Snakefile")] = Path(),
    everything: Annotated[
        bool, typer.Option("--all", help="print the whole plan, thousands of lines")
    ] = False,
) -> None:
    """Print what a config means: an overview, or all that is planned under an ID."""
    with _clear_errors():
        from know.configuration import as_yaml, read_config
        from know.plan import find_entry, overview, resolve_project, without_nulls

        config = read_config(project / "config", *(configfiles or []))
        _, resolved = resolve_project(project, config)
        if wanted:
            part = without_nulls(find_entry(resolved, wanted))
        else:
            part = resolved if everything else overview(resolved)
        typer.echo(as_yaml(part), nl=False)


@app.command()
def diagnose(
    path: Annotated[Path, typer.Argument(help="trajectory store, or shard of them")],
    trial: Annotated[
        int | None, typer.Option(help="which trajectory of a shard, from 0")
    ] = None,
    hypernetworks: Annotated[
        Path | None,
        typer.Option(help="folder with {method}_{kind}.safetensors"),
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
        from know.cli.show import show_diagnosis
        from know.predictors.diagnosis.diagnose import diagnose as diagnosed

        found = diagnosed(path, trial=trial, hypernetworks=hypernetworks)
        if as_json:
            typer.echo(json.dumps(asdict(found), indent=1, allow_nan=False))
        else:
            show_diagnosis(found)


@app.command()
def predict(
    stages: Annotated[
        list[Path],
        typer.Argument(
            help="safetensors files of any origin, Theta_0 first, or one .zarr.zip"
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="file to write")
    ] = None,
    method: Annotated[str, typer.Option(help="a predictor")] = "known",
    horizon: Annotated[int, typer.Option(help="stages to extrapolate")] = 1,
    rate: Annotated[
        float, typer.Option(help="share of its data that each stage keeps")
    ] = 0.5,
    hypernetworks: Annotated[
        Path | None,
        typer.Option(
            help="folder with {method}_{kind}.safetensors; by default the package's"
        ),
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--option", help="KEY=VALUE of the predictor")
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", help="GLOB=conv, fc, bias, norm or copy, of tensors"),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="glob of tensors to predict, no others")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(help="glob of tensors to copy from Theta_0")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="print what would happen to each tensor"),
    ] = False,
) -> None:
    """Extrapolate a network's stages past Theta_0, one tensor in memory at a time."""
    with _clear_errors(), logged_by(logging.StreamHandler()):
        chosen = dict(_option(text) for text in options or [])
        import torch

        from know.predictors.treatment import Choice

        choice = Choice(
            kinds=dict(_kind(text) for text in kinds or []),
            only=only or [],
            skip=skip or [],
        )
        if dry_run:
            from know.cli.show import show_treatments
            from know.predictors.predict import treated_tensors

            show_treatments(*treated_tensors(stages, choice))
            return
        if output is None:
            raise KnowError("wanted a file to write (-o FILE), or --dry-run")

        from know.predictors.methods import files_in
        from know.predictors.predict import write_predictions

        write_predictions(
            stages,
            method,
            options=chosen,
            hypernetworks=files_in(hypernetworks, method) if hypernetworks else None,
            horizons=[horizon],
            rate=rate,
            outputs=[output],
            device=torch.device("cpu"),
            choice=choice,
        )


@app.command(name="import-known")
def import_known(
    directory: Annotated[Path, typer.Argument(help="folder with the authors' .h5")],
    output: Annotated[Path, typer.Option("-o", "--output", help="folder to write")],
) -> None:
    """Turn the authors' hypernetworks into one safetensors file per kind."""
    with _clear_errors():
        from know.hypernetwork.importer import import_keras

        names = {"conv": "KNOWN_Conv.h5", "fc": "KNOWN_FC.h5", "bias": "KNOWN_Bias.h5"}
        files = {kind: directory / name for kind, name in names.items()}
        for path in import_keras("known", files, output):
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
        from know.hypernetwork.importer import import_keras

        names = {"conv": conv, "fc": fc, "bias": bias}
        files = {kind: directory / name for kind, name in names.items()}
        for path in import_keras("wnn", files, output):
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


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Print one message in place of a traceback, for what a user can mend."""
    try:
        yield
    except (KnowError, OSError) as error:
        typer.echo(f"know: {error}", err=True)
        raise typer.Exit(1) from None


def _option(text: str) -> tuple[str, Any]:
    """Take KEY=VALUE apart; the value is JSON where it can be, else text."""
    key, separator, value = text.partition("=")
    if not key or not separator:
        raise KnowError(f"wanted an option as KEY=VALUE, got {text!r}")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def _kind(text: str) -> tuple[str, str]:
    glob, separator, kind = text.rpartition("=")
    if not glob or not separator:
        raise KnowError(f"wanted a kind as GLOB=KIND, got {text!r}")
    return glob, kind
