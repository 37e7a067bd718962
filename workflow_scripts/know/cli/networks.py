"""Commands on networks and their stages: predict, record, diagnose, inspect."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from know.cli.terminal import Terminal, clear_errors, printable
from know.errors import KnowError
from know.job_log import logged_by

# Rich, torch and zarr load only where a command needs them: a quick start.

Stages = Annotated[
    list[Path],
    typer.Argument(
        help="the network trained on all data (Theta_0) first, then those fine-tuned "
        "on less and less: .safetensors, .pt, .pth, .bin, .ckpt, or folders of "
        "transformers, diffusers or PEFT; or one trajectory store, .zarr.zip"
    ),
]
Hypernetworks = Annotated[
    Path | None,
    typer.Option(
        help="folder with the small networks that some methods predict by, "
        "{method}_{kind}.safetensors; by default the package's"
    ),
]
StripPrefix = Annotated[
    str,
    typer.Option(
        help="prefix, such as net., to leave out of the names that have it, where the "
        "stages do not agree on it"
    ),
]


def predict(
    stages: Stages,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="file or folder to write, in the layout of Theta_0"
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="how to extrapolate: see `know methods`; by default known"),
    ] = None,
    horizon: Annotated[
        str,
        typer.Option(
            help="how many stages to go past Theta_0; at rate 0.5 each stands for "
            "twice the data; several, as in 1,2,3, make OUT-n1, OUT-n2, ..."
        ),
    ] = "1",
    rate: Annotated[
        float | None,
        typer.Option(
            help="share of its data that each stage keeps of the one before; by "
            "default 0.5, or what the store says"
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, ...")] = "cpu",
    hypernetworks: Hypernetworks = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", help="KEY=VALUE, an option of the method"),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            help="GLOB=KIND: take the tensors of such names for conv, fc (a matrix), "
            "bias or norm, or copy them; only the first three are predicted",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="glob of the tensors to predict, and no others"),
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(help="glob of tensors to copy from Theta_0")
    ] = None,
    strip_prefix: StripPrefix = "",
    memory: Annotated[
        str | None,
        typer.Option(
            help="most memory to take, as in 2GB: what needs more is refused at once"
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="print what would happen to each tensor"),
    ] = False,
) -> None:
    """Predict a network's weights as if it had been trained on more data.

    Its stages are extrapolated past Theta_0. The output loads wherever
    Theta_0 does: only the weights of convolutions and linear layers and
    the biases change. Memory does not grow with the network.
    """
    with clear_errors(), logged_by(Terminal()):
        horizons = [_whole_number(text, "--horizon") for text in horizon.split(",")]
        chosen = _named("--option", map(_option, options or []))
        from know.predictors.treatment import Choice

        choice = Choice(
            kinds=_named("--kind", map(_kind, kinds or [])),
            only=only or [],
            skip=skip or [],
        )
        if dry_run:
            from know.cli.show import show_treatments
            from know.predictors.predict import treated_tensors

            show_treatments(*treated_tensors(stages, choice, strip_prefix))
            return
        if output is None or not output.name:
            raise KnowError("wanted a name to write to (-o NAME), or --dry-run")
        from know.predictors.methods import files_in
        from know.predictors.predict import write_predictions

        name = None if method is None else _hyphenated(method)
        if hypernetworks and not name:
            raise KnowError("--hypernetworks needs --method, the method they are of")
        write_predictions(
            stages,
            name,
            options=chosen,
            hypernetworks=(
                files_in(hypernetworks, name) if hypernetworks and name else None
            ),
            horizons=horizons,
            rate=rate,
            outputs=_outputs(output, horizons),
            device=_device(device),
            choice=choice,
            strip_prefix=strip_prefix,
            memory=None if memory is None else _bytes(memory),
        )


def methods() -> None:
    """List the methods that `know predict` knows, with a line about each."""
    from know.predictors import PREDICTORS

    width = max(map(len, PREDICTORS))
    for name in PREDICTORS:
        facts = PREDICTORS.facts(name)
        notes = [f"--option {key}=..." for key in facts.get("OPTIONS", {})]
        if facts.get("IGNORES_HORIZON"):
            notes.append("has no horizon")
        if not facts.get("PREDICTS_WINDOWS"):
            notes.append("holds whole tensors in memory")
        if facts.get("NEEDS_HYPERNETWORK"):
            notes.append(_shipped_for(name))
        about = PREDICTORS.summary(name).partition(": ")[2].rstrip(".")
        typer.echo(f"{name:{width}}  {about}{''.join(f'; {note}' for note in notes)}")


def record(
    stages: Stages,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="store to write, .zarr.zip")
    ],
    samples: Annotated[
        str | None,
        typer.Option(help="size of each stage's data, as in 4000,2000,1000"),
    ] = None,
    accuracy: Annotated[
        str | None, typer.Option(help="percent of each stage on all data: 91.5,88,84")
    ] = None,
    strip_prefix: StripPrefix = "",
) -> None:
    """Put the stages of a network into one trajectory store."""
    with clear_errors(), logged_by(Terminal()):
        from know.store.record import record_networks

        record_networks(
            output,
            stages,
            samples=[
                _whole_number(text, "--samples")
                for text in (samples.split(",") if samples else [])
            ],
            accuracies=[
                _number(text, "--accuracy")
                for text in (accuracy.split(",") if accuracy else [])
            ],
            strip_prefix=strip_prefix,
        )
        typer.echo(f"wrote {printable(str(output))}", err=True)


def diagnose(
    stages: Stages,
    trial: Annotated[
        int | None, typer.Option(help="which trajectory of a shard, from 0")
    ] = None,
    rate: Annotated[
        float, typer.Option(help="share of its data that each stage keeps, if unknown")
    ] = 0.5,
    hypernetworks: Hypernetworks = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print all numbers as JSON")
    ] = False,
) -> None:
    """Tell whether a trajectory is fit for extrapolation.

    Its verdict is advice: the status is other than zero only if something about a file
    is damaged or there is nothing to diagnose.
    """
    with clear_errors(), logged_by(Terminal()):
        from know.predictors.diagnosis.diagnose import diagnose as diagnosed

        found = diagnosed(stages, trial=trial, hypernetworks=hypernetworks, rate=rate)
        if as_json:
            typer.echo(json.dumps(asdict(found), indent=1, allow_nan=False))
        else:
            typer.echo(printable(str(found)))


def inspect(
    path: Annotated[
        Path,
        typer.Argument(
            help="trajectory store, shard of them, landscape, or a network in any "
            "form that `know predict` reads"
        ),
    ],
) -> None:
    """Check every byte of a file and show what it holds.

    Ends with a status other than zero if anything about the file is damaged.
    """
    with clear_errors(), logged_by(Terminal()):
        from know.cli.show import show_file

        show_file(path)


def _outputs(output: Path, horizons: list[int]) -> list[Path]:
    if len(horizons) == 1:
        return [output]
    return [output.with_name(f"{output.stem}-n{n}{output.suffix}") for n in horizons]


def _hyphenated(method: str) -> str:
    return method if ":" in method else method.replace("_", "-")


def _shipped_for(method: str) -> str:
    from know.predictors.methods import shipped_stages

    counts = shipped_stages(method)
    if not counts:
        return "needs --hypernetworks"
    return f"comes with the package for {', '.join(counts)} stages"


def _device(name: str) -> Any:
    import torch

    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise KnowError(
            f"--device {name}: {str(error).splitlines()[0]}; cpu always works"
        ) from error
    return device


def _whole_number(text: str, option: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise KnowError(f"{option}: wanted whole numbers from 1 on, got {text!r}")
    return int(text)


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise KnowError(f"{option}: wanted a number, got {text!r}") from None


def _named(option: str, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise KnowError(f"{option} {name!r} is given twice: {found[name]}, {value}")
        found[name] = value
    return found


def _bytes(text: str) -> int:
    """Take a size such as 2GB or 500MB."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kMGT]?)B?", text.strip())
    if not found:
        raise KnowError(f"--memory: wanted a size such as 2GB or 500MB, got {text!r}")
    return int(float(found[1]) * 1000 ** "_kMGT".index(found[2] or "_"))


def _option(text: str) -> tuple[str, Any]:
    """Take KEY=VALUE apart; the value is JSON where it can be, else text."""
    key, separator, value = text.partition("=")
    if not key or not separator:
        raise KnowError(f"wanted an option as KEY=VALUE, got {text!r}")
    try:
        return key, json.loads(value, parse_constant=str)
    except (json.JSONDecodeError, RecursionError):
        return key, value


def _kind(text: str) -> tuple[str, str]:
    glob, separator, kind = text.rpartition("=")
    if not glob or not separator:
        raise KnowError(f"wanted a kind as GLOB=KIND, got {text!r}")
    return glob, kind
