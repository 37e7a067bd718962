"""The main job at its smallest, run once, and copies of it to change."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
TREE = (
    *("Snakefile", "rules", "workflow_scripts", "config", "envs", "docs", "profiles"),
)
TARGETS = ("results/table1.csv", "results/figures/table1.svg")

PLUGINS = {
    "predictors/half_way.py": """
from torch import Tensor

OPTIONS = {"share": {"type": "number"}}


def predict(
    history: Tensor, *, horizon: int, rate: float, kind: str, share: float = 1.0
) -> Tensor:
    return history[-1] + share * horizon * (history[-1] - history[-2])
""",
    "architectures/one_layer.py": """
from torch import nn

from know.architectures.network import Network

OPTIONS = {"width": {"type": "integer", "minimum": 1}}


def one_layer(*, num_classes: int, image_size: int, width: int = 8) -> Network:
    body = nn.Sequential(nn.Flatten(), nn.Linear(3 * image_size**2, width), nn.ReLU())
    return Network(body, num_features=width, num_classes=num_classes)
""",
    "tasks/mistakes.py": """
from know.tasks.classification import Classification
from know.tasks.task import put_splits

METRICS = ("mistakes",)


class Mistakes(Classification):
    def measure(self, network, *, precision):
        accuracy = super().measure(network, precision=precision)["accuracy"]
        return {"mistakes": 100 - accuracy}


def load_task(dataset, *, device):
    splits = put_splits(dataset, "classes", device=device)
    return Mistakes(dataset.name, len(dataset.class_names), *splits)
""",
    "reporting/sample_figures/mistakes.py": """
from matplotlib.figure import Figure

SAMPLE = "classes"


def draw(pictures, samples):
    figure = Figure()
    for label, classes in samples.items():
        figure.suptitle(f"{label} sees {pictures.names[classes[0]]}")
    return figure
""",
    "data/sources/stripes.py": """
import numpy as np

from know.data.raw import RawDataset, RawSplit, Source

LABELS = np.arange(80) % 2


def open_stripes(settings, data_root):
    def read(indices, size):
        lines = np.arange(size[0])[:, None] // 2 % 2 * 200
        images = np.broadcast_to(lines, (len(indices), *size)).copy()
        upright = LABELS[indices] == 1
        images[upright] = images[upright].transpose(0, 2, 1)
        return np.repeat(images[..., None], 3, axis=-1).astype(np.uint8)

    return RawDataset(RawSplit(LABELS, read), None, ("flat", "upright"))


SOURCE = Source(open_stripes)
""",
    "data/augmentations/upside_down.py": """
from know.data.augmentation import Augmentation


def turn(images, draws):
    return images.flip(-2)


AUGMENTATION = Augmentation(0, turn, turn)
""",
    "hypernetwork/models/still.py": """
from know.hypernetwork.models.known import Known


class Still(Known):
    architecture = "still"


MODEL = Still
""",
}
"""A plug-in of every kind: file below the library, and its text."""


class Workflow:
    """A copy of the project in which Snakemake runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def edit(self, path, old, new):
        """Replace a text that must be there in one of the project's files."""
        file = self.folder / path
        assert old in file.read_text(), f"{old!r} is not in {path}"
        file.write_text(file.read_text().replace(old, new))

    def add_plugins(self):
        """Write the files of `PLUGINS`, and change no other."""
        for name, text in PLUGINS.items():
            path = self.folder / "workflow_scripts/know" / name
            assert not path.exists()
            path.write_text(text)

    def command(
        self, *words, overlay=None, targets=TARGETS, config="config/smoke.yaml"
    ):
        """Words that run Snakemake on the smoke config, and `overlay` over it."""
        configs = [config]
        if overlay is not None:
            (self.folder / "overlay.yaml").write_text(overlay)
            configs.append("overlay.yaml")
        snakemake = [sys.executable, "-m", "snakemake", *words]
        return [*snakemake, "--configfile", *configs, "--", *targets]

    def snakemake(self, *words, **options):
        """Run Snakemake; `options` are those of `command`."""
        return subprocess.run(
            self.command(*words, **options),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def planned(self, overlay=None, **options):
        """First outputs of the jobs that a dry run schedules, without `results/`."""
        words = "--dry-run", "--cores", "1"
        run = self.snakemake(*words, overlay=overlay, **options)
        assert run.returncode == 0, run.stdout
        outputs = re.findall(r"^    output: ([^,\n]+)", run.stdout, re.MULTILINE)
        return {output.removeprefix("results/") for output in outputs}


def copy_project(folder):
    """The files that a run needs, below `folder`."""
    folder.mkdir(exist_ok=True)
    for name in TREE:
        source = PROJECT / name
        if source.is_dir():
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, symlinks=True, ignore=unwanted)
        else:
            shutil.copy2(source, folder / name)
    return Workflow(folder)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """A finished run that all workers share; not to be changed."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    done = shared / "finished"
    with (shared / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            workflow = copy_project(shared / "running")
            run = workflow.snakemake("--cores", "2")
            assert run.returncode == 0, run.stdout
            workflow.folder.rename(done)
    return Workflow(done)


@pytest.fixture(scope="session")
def copy_finished(finished_run):
    """A maker of copies of the finished run with its files' times, to change."""

    def copy(folder):
        shutil.copytree(finished_run.folder, folder, symlinks=True)
        return Workflow(folder)

    return copy


@pytest.fixture
def finished(copy_finished, tmp_path):
    """A copy of the finished run with its files' times, to change."""
    return copy_finished(tmp_path / "copy")


@pytest.fixture
def fresh(tmp_path):
    """The project without any result."""
    return copy_project(tmp_path / "fresh")
