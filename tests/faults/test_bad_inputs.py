"""Each of some four hundred mistakes is told in one message, and changes no file."""

import shlex
from hashlib import sha256
from pathlib import Path

import pytest
from artefacts import PROJECT, state_of
from bad_inputs import bad_files, changed, command_mistakes, config_mistakes
from damage import is_short
from safetensors.torch import save_file
from typer.testing import CliRunner
from written_files import make_trajectory

from know.cli import app
from know.configuration import read_config
from know.errors import KnowError
from know.plan import resolve_project

CONFIGS, COMMANDS, FILES = 200, 150, 100
"""Mistakes of each kind, at the least."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for stage in range(3):
        save_file(state_of("a", stage), tmp_path / f"t{stage}.safetensors")
    make_trajectory(tmp_path, "a")
    for name in ("text.txt", "text.zarr.zip"):
        (tmp_path / name).write_text("once upon a time\n")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def content_of(folder):
    return {
        path: sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        for path in folder.rglob("*")
    }


def told(wrong):
    return "\n".join(map(str, wrong))


def refusals(commands, folder):
    """Run commands; return those that are not refused as they should be."""
    wrong = []
    before = content_of(folder)
    for words in commands:
        done = CliRunner().invoke(app, words)
        if (
            done.exit_code != 2
            or not isinstance(done.exception, SystemExit)
            or not done.output.strip()
            or ("know: " in done.output and not is_short(done.stderr))
        ):
            ending = done.exception if done.exit_code != 2 else ""
            wrong.append((words, done.exit_code, repr(ending), done.output[-500:]))
        if content_of(folder) != before:
            wrong.append((words, "files changed"))
            before = content_of(folder)
    return wrong


@pytest.mark.slow
def test_config_mistakes():
    config = read_config(PROJECT / "config", PROJECT / "config/smoke.yaml")
    wrong = []
    mistakes = config_mistakes(config, CONFIGS)
    for place, value in mistakes:
        try:
            resolve_project(
                PROJECT, changed(config, place, value), version_of=lambda *_: ""
            )
        except KnowError as error:
            said = str(error)
            names_it = any(str(key) in said for key in place[-2:])
            if not (names_it and is_short(said)):
                wrong.append((place, value, said))
        except Exception as error:  # noqa: BLE001 - none other may be raised
            wrong.append((place, value, repr(error)))
        else:
            wrong.append((place, value, "accepted"))
    assert not wrong, told(wrong)


@pytest.mark.slow
def test_command_mistakes(folder):
    mistakes = command_mistakes()
    assert len(mistakes) > COMMANDS
    wrong = refusals(map(shlex.split, mistakes), folder)
    assert not wrong, told(wrong)


@pytest.mark.slow
def test_bad_files(folder):
    files = list(bad_files(folder, state_of("a", 1)))
    assert len(files) > FILES
    commands = [
        [
            "predict",
            "t0.safetensors",
            str(file),
            "--method",
            "ar1",
            "-o",
            f"out{suffix}",
        ]
        for file in files
        for suffix in [Path("t0.safetensors").suffix]
    ]
    wrong = refusals(commands, folder)
    assert not wrong, told(wrong)
