"""Environments, licence, README and paths agree with the code."""

import itertools
import os
import re
import shlex
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
import torch
import typer.main
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from know.cli import app
from know.configuration import read_config
from know.plan import resolve_project

PROJECT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]

# Where conda and PyPI call the same package by different names.
PYPI_NAME = {"pytorch": "torch"}

FOLDERS_NOT_OURS = {".git", ".venv", ".snakemake", "__pycache__", "node_modules"}
FOLDERS_PRODUCED = {"logs", "data", "build", "dist", "site"}
MACHINE_PATH = re.compile(r"(?<![\w.)}>*-])/(?:work|home|root|Users)/\w[\w./-]*")


@pytest.fixture(scope="module")
def conda_versions():
    """Version of each package that envs/know.yaml pins, under its conda name."""
    listed = yaml.safe_load((PROJECT / "envs/know.yaml").read_text())["dependencies"]
    return dict(requirement.split("=", 1) for requirement in listed)


@pytest.fixture(scope="module")
def locked_versions(conda_versions):
    """Version that uv.lock gives each package of the workflow on conda's Python."""
    lock = tomllib.loads((PROJECT / "uv.lock").read_text())["package"]
    version_of = {entry["name"]: entry["version"] for entry in lock}
    python = {"python_full_version": f"{conda_versions['python']}.0"}
    (project,) = (entry for entry in lock if entry["name"] == PYPROJECT["name"])
    extras = project["optional-dependencies"]
    return {
        needed["name"]: needed.get("version", version_of[needed["name"]])
        for needed in project["dependencies"] + extras["workflow"] + extras["import"]
        if "marker" not in needed or Marker(needed["marker"]).evaluate(python)
    }


def shell_commands(page: Path) -> list[list[str]]:
    """Words of every command in the page's shell blocks, `uv run` left out."""
    blocks = re.findall(r"^```(?:ba)?sh\n(.*?)^```", page.read_text(), re.M | re.S)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    commands: list[list[str]] = []
    for line in lines:
        words = shlex.shlex(line, posix=True, punctuation_chars="&|;")
        words.whitespace_split = True
        ends = itertools.groupby(words, lambda word: bool(word.strip("&|;")))
        commands += [list(command) for is_command, command in ends if is_command]
    return [command[2 * (command[:2] == ["uv", "run"]) :] for command in commands]


def expanded(words: list[str]) -> list[str]:
    """Words as a shell makes them of braces."""
    command = ["bash", "-c", f"echo {' '.join(words)}"]
    return subprocess.check_output(command, text=True).split()


def dependencies_of(name: str) -> set[str]:
    """Installed packages that a package needs without extras, at any depth."""
    waiting, found = [name], set()
    while waiting:
        for text in distribution(waiting.pop()).requires or []:
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate({"extra": ""}):
                continue
            if (known := canonicalize_name(needed.name)) not in found:
                found.add(known)
                waiting.append(known)
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def library_alone(wheel, tmp_path_factory):
    """Python of an environment with the wheel and what it needs without extras."""
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder, with_pip=False)
    (place,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    for name in dependencies_of(PYPROJECT["name"]):
        files = distribution(name).files
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            if not (place / top).exists():
                (place / top).symlink_to(distribution(name).locate_file(top))
    return folder / "bin" / "python"


def files_of_the_project() -> list[Path]:
    """Files a clone would hold, as far as names tell."""
    found = []
    for folder, subfolders, names in os.walk(PROJECT):
        skipped = set(FOLDERS_NOT_OURS)
        if Path(folder) == PROJECT:
            skipped |= FOLDERS_PRODUCED
        if Path(folder) == PROJECT / "results":
            skipped |= set(subfolders) - {"reference"}
            names = ["README.md"] if "README.md" in names else []
        subfolders[:] = [
            name
            for name in subfolders
            if name not in skipped and not name.endswith(("_cache", ".egg-info"))
        ]
        # Of a linked work tree, `.git` is a file.
        found += [Path(folder) / name for name in names if name != ".git"]
    return found


def test_conda_names_every_dependency_at_its_locked_version(
    conda_versions, locked_versions
):
    pinned = {
        PYPI_NAME.get(name, name): version
        for name, version in conda_versions.items()
        if name != "python"
    }
    assert pinned == locked_versions


def test_the_image_has_the_packages_and_the_python_of_conda(conda_versions):
    recipe = (PROJECT / "envs/know.def").read_text()
    assert f"From: python:{conda_versions['python']}-slim" in recipe
    (command,) = re.findall(r"uv sync (.*(?:\\\n.*)*)", recipe)
    words = set(command.replace("\\\n", " ").split())
    assert {"--locked", "--no-dev", "--no-install-project"} <= words
    assert set(re.findall(r"--extra (\w+)", command)) == {"workflow", "import"}


def test_conda_s_python_is_one_the_project_supports(conda_versions):
    supported = SpecifierSet(PYPROJECT["requires-python"])
    assert f"{conda_versions['python']}.0" in supported


def test_the_wheel_is_typed_and_holds_every_file_of_the_package(wheel):
    package = PROJECT / "workflow_scripts" / "know"
    ours = {
        file.relative_to(package.parent).as_posix()
        for file in package.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == ours
    assert "know/py.typed" in held


def test_the_library_alone_needs_no_package_of_the_workflow():
    extras = PYPROJECT["optional-dependencies"].values()
    extra = {Requirement(text).name for texts in extras for text in texts}
    assert dependencies_of(PYPROJECT["name"]).isdisjoint(extra)


@pytest.mark.slow
class TestTheLibraryAlone:
    def test_it_records_diagnoses_and_predicts(self, library_alone, tmp_path):
        page = (PROJECT / "docs/own_network.md").read_text()
        page, _, _ = page.partition("## With the trainer of a library")
        blocks = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
        code = "\n".join([*blocks, "print(know.__file__)"])
        done = subprocess.run(
            [library_alone, "-c", code],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        *_, place = done.stdout.split()
        assert Path(place).is_relative_to(library_alone.parents[1])

    @pytest.mark.parametrize(
        ("words", "status", "said"),
        [
            (["methods"], 0, "known-plus"),
            (["--version"], 0, f"know {PYPROJECT['version']}"),
            (["import-known", ".", "-o", "out"], 2, "install it, or know-weights[imp"),
        ],
    )
    def test_the_command_line_works(self, library_alone, tmp_path, words, status, said):
        code = "from know.cli import app; app()"
        done = subprocess.run(
            [library_alone, "-c", code, *words],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, done.stderr
        assert said in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_licence_is_the_one_that_is_declared():
    text = (PROJECT / "LICENSE").read_text()
    assert PYPROJECT["license"] == "Apache-2.0"
    assert re.search(r"Apache License\s+Version 2\.0, January 2004", text)
    assert "END OF TERMS AND CONDITIONS" in text


def test_citation_is_of_this_version_and_names_the_paper():
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text())
    assert citation["version"] == PYPROJECT["version"]
    assert citation["license"] == PYPROJECT["license"]
    assert citation["preferred-citation"]["title"].startswith("Learning from Oblivion")


def test_readme_has_one_command_for_the_main_job_and_one_for_the_tests():
    programs = [command[0] for command in shell_commands(PROJECT / "README.md")]
    assert "snakemake" in programs
    assert "pytest" in programs


def test_readme_s_commands_name_files_that_exist():
    named = [
        word.removeprefix("./")
        for command in shell_commands(PROJECT / "README.md")
        for word in command
        if re.match(r"(\./)?(config|tests|docs|envs|profiles|rules|\.ci)/[^<*]*$", word)
    ]
    missing = [name for name in named if not (PROJECT / name).exists()]
    assert missing == []


def test_readme_s_know_commands_exist():
    known = typer.main.get_command(app).commands
    called = [
        command[1]
        for command in shell_commands(PROJECT / "README.md")
        if command[0] == "know" and len(command) > 1 and not command[1].startswith("-")
    ]
    assert set(called) <= set(known)


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_commands_on_own_checkpoints_run_as_they_stand(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for stage in range(5):
        weight = torch.randn(4, 3, generator=torch.Generator().manual_seed(stage))
        torch.save({"fc.weight": weight}, f"stage-{stage}.pt")
    ran = []
    for command in shell_commands(PROJECT / page):
        if command[0] != "know" or command[1] in {"plan", "import-known"}:
            continue
        done = CliRunner().invoke(app, expanded(command[1:]))
        assert done.exit_code == 0, f"{command}: {done.output}"
        ran.append(command[1])
    assert ran == ["predict", "predict", "record", "diagnose", "inspect", "methods"]
    assert torch.load("predicted.pt", weights_only=True)["fc.weight"].shape == (4, 3)


def made_by(plan: dict) -> set[str]:
    """Results that a page may tell somebody to make."""
    figures = {"table7": "times", "selection": "selection_table"}
    named = {name for name, entry in figures.items() if entry in plan}
    named |= {*plan["tables"], *plan["samples"], "figure3", "hypernetwork"}
    files = {f"results/{name}.{suffix}" for name in named for suffix in ("csv", "svg")}
    files |= {
        f"results/figures/{name}.svg" for name in ("hypernetwork", "meta_training")
    }
    scores = {file.replace(".safetensors", ".json") for file in plan["cards"]}
    return files | plan["cards"].keys() | scores


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        *(
            f"docs/{name}.md"
            for name in ("benchmarks", "hypernetworks", "paper_scale", "selection")
        ),
    ],
)
def test_snakemake_s_commands_ask_for_what_their_config_makes(page):
    wanted: dict[str, set[str]] = {}
    for command in shell_commands(PROJECT / page):
        run = command[0].removeprefix("run=").split()
        if "snakemake" in run[:3]:
            command = [*run, *command[1:]]
            config = next((w for w in command if w.endswith(".yaml")), "")
        elif command[0] != "$run":
            continue
        targets = [word for word in command if word.startswith("results/")]
        wanted.setdefault(config, set()).update(expanded(targets))
    assert wanted
    for config, targets in wanted.items():
        overlays = [PROJECT / config] if config else []
        _, plan = resolve_project(
            PROJECT,
            read_config(PROJECT / "config", *overlays),
            version_of=lambda *_: "",
        )
        assert targets <= made_by(plan), config


def test_plain_snakemake_finds_the_local_profile():
    default = (PROJECT / "profiles/default").resolve()
    assert default == PROJECT / "config/profiles/local"
    assert (default / "config.yaml").is_file()


@pytest.mark.parametrize("profile", ["local", "slurm"])
def test_profile_leaves_out_the_trigger_that_goes_by_file_time(profile):
    text = (PROJECT / "config/profiles" / profile / "config.yaml").read_text()
    triggers = yaml.safe_load(text)["rerun-triggers"]
    assert sorted(triggers) == ["input", "mtime", "params", "software-env"]


def test_no_file_names_a_path_of_one_machine():
    offenders = [
        f"{path.relative_to(PROJECT)}: {found[0]}"
        for path in files_of_the_project()
        for found in [MACHINE_PATH.search(path.read_text(errors="ignore"))]
        if found
    ]
    assert offenders == []
