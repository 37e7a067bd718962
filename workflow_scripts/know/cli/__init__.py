"""The command line `know`."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from know.cli import networks
from know.cli.terminal import BAD_INPUT, clear_errors

app = typer.Typer(pretty_exceptions_enable=False)


for command in (
    networks.predict,
    networks.methods,
    networks.record,
    networks.diagnose,
    networks.inspect,
):
    app.command()(command)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", help="print the version and end")
    ] = False,
) -> None:
    """Predict a network's weights from how it forgets, and look at what is stored.

    Theta_0 is a network trained on all its data. Fine-tuned on ever smaller
    parts of them, and saved each time, it forgets: these are its stages, and
    together they are a trajectory. A method extrapolates the trajectory past
    Theta_0, to weights as if trained on more data.
    """
    if show_version:
        typer.echo(f"know {version('know-weights')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(BAD_INPUT)


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
    with clear_errors():
        from know.configuration import as_yaml, read_config
        from know.plan import find_entry, overview, resolve_project, without_nulls

        files = configfiles or []
        config = read_config(project / "config", *files)
        _, resolved = resolve_project(project, config, files=files)
        if wanted:
            part = without_nulls(find_entry(resolved, wanted))
        else:
            part = resolved if everything else overview(resolved)
        typer.echo(as_yaml(part), nl=False)


Published = Annotated[Path, typer.Argument(help="folder with the authors' .h5")]
Folder = Annotated[Path, typer.Option("-o", "--output", help="folder to write")]


@app.command(name="import-known")
def import_known(directory: Published, output: Folder) -> None:
    """Turn the authors' hypernetworks into one safetensors file per kind."""
    names = {"conv": "KNOWN_Conv.h5", "fc": "KNOWN_FC.h5", "bias": "KNOWN_Bias.h5"}
    _import_keras("known", directory, names, output)


@app.command(name="import-wnn")
def import_wnn(
    directory: Published,
    output: Folder,
    conv: Annotated[str, typer.Option(help="its file for convolutions")] = (
        "NWNN_Conv_13.h5"
    ),
    fc: Annotated[str, typer.Option(help="its file for linear layers")] = (
        "NWNN_FC_13.h5"
    ),
    bias: Annotated[str, typer.Option(help="its file for biases")] = "NWNN_Bias_13.h5",
) -> None:
    """Turn the weight nowcaster's networks into one safetensors file per kind."""
    names = {"conv": conv, "fc": fc, "bias": bias}
    _import_keras("wnn", directory, names, output)


def _import_keras(
    model: str, directory: Path, names: dict[str, str], output: Path
) -> None:
    with clear_errors():
        from know.hypernetwork.importer import import_keras

        files = {kind: directory / name for kind, name in names.items()}
        for path in import_keras(model, files, output):
            typer.echo(path)


@app.command(name="import-nino")
def import_nino(
    checkpoint: Annotated[Path, typer.Argument(help="the authors' nino_mlp.pt")],
    output: Folder,
) -> None:
    """Turn the published NiNo-MLP into one safetensors file per kind."""
    with clear_errors():
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
    with clear_errors():
        from know.reporting.reference import keep_reference as keep

        keep(results, output, configs=configs, command=command, table=table)
