"""Plans of configs that bring their own modules and lie in folders of their own."""

import sys
from itertools import count
from pathlib import Path

import pytest
import yaml

from know.configuration import merged, read_config
from know.errors import KnowError
from know.plan import resolve_project

PROJECT = Path(__file__).parents[3]

MODULES = {
    "own_net.py": (
        "from own_parts import act\n"
        'OPTIONS = {"width": {"type": "integer"}}\n\n'
        "def net(*, num_classes, image_size, width): ...\n"
    ),
    "own_parts.py": "from torch.nn import ReLU as act\n",
    "own_data.py": "SOURCE = None\n",
    "own_task.py": 'METRICS = ("mistakes",)\n\n\ndef load_task(dataset, device): ...\n',
    "own_change.py": "AUGMENTATION = None\n",
    "own_method.py": "def predict(history, horizon, rate, kind): ...\n",
}
OVERLAY = """
runs: runs.tsv
modules: [.]
datasets: {own: {source: "own_data:SOURCE", size: 8, train: 60, test: 20}}
architectures: {own: {architecture: "own_net:net", options: {width: 4}}}
pretraining: {training: {augmentation: "own_change:AUGMENTATION"}}
methods: {own: {predictor: "own_method:predict"}}
tasks: {own: {like: digits, type: "own_task:load_task", dataset: own}}
tables: {table1: {tasks: [own], methods: [naive, own]}}
"""
SHEET = "run\tdataset\tarchitecture\tfraction\tseed\nown-s0\town\town\t1.0\t0\n"
NETWORK = "own-own-60-s0"


@pytest.fixture
def study(smoke, tmp_path, monkeypatch):
    """A maker of the plan of a config, sheet and modules in a folder of their own.

    Each call has another folder, because parsed files are remembered.
    """
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    folders = (tmp_path / f"study-{number}" for number in count())

    def plan(changes=None, **options):
        folder = next(folders)
        folder.mkdir()
        files = {"overlay.yaml": OVERLAY, "runs.tsv": SHEET, **MODULES}
        for name, text in (files | (changes or {})).items():
            (folder / name).write_text(text)
        overlay = folder / "overlay.yaml"
        config = merged(smoke, yaml.safe_load(overlay.read_text()))
        return resolve_project(PROJECT, config, files=[overlay], **options)[1]

    return plan


def codes(plan):
    """Digests of the jobs that one of the own modules could be part of."""
    run = plan["runs"]["own-s0"]["code"]
    return {
        "source": plan["datasets"]["own"]["code"],
        "network": plan["networks"][NETWORK]["code"],
        "stage": run["forget_stage"],
        "predictor": plan["predictions"]["own-s0"]["own"]["code"],
        "scores": plan["scores"]["own"]["own-s0"]["own"]["code"],
        "other data": plan["datasets"]["digits"]["code"],
    }


@pytest.mark.parametrize(
    ("module", "jobs"),
    [
        ("own_net.py", {"network", "stage", "scores"}),
        ("own_parts.py", {"network", "stage", "scores"}),
        ("own_data.py", {"source"}),
        ("own_change.py", {"network", "stage"}),
        ("own_task.py", {"scores"}),
        ("own_method.py", {"predictor"}),
    ],
)
def test_an_own_module_is_in_the_digests_of_the_jobs_that_use_it(study, module, jobs):
    before = codes(study())
    after = codes(study({module: f"{MODULES[module]}\nMORE = 1\n"}))
    assert {job for job in before if before[job] != after[job]} == jobs


def test_a_missing_own_module_is_refused(study):
    with pytest.raises(KnowError, match="there is no file of a module 'own_gone'"):
        study({"overlay.yaml": OVERLAY.replace("own_net:net", "own_gone:net")})


def test_folders_of_modules_are_a_list(study):
    with pytest.raises(KnowError, match="modules: 'own' is not of type 'array'"):
        study({"overlay.yaml": 'modules: "own"'})


class TestPaths:
    """Where a relative path leads that a config file names."""

    @pytest.fixture
    def runs(self, smoke, tmp_path, monkeypatch):
        """A maker of the runs that `runs: own.tsv` means, the sheets being given."""
        work, beside = tmp_path / "work", tmp_path / "beside"
        work.mkdir()
        beside.mkdir()
        monkeypatch.chdir(work)
        overlay = beside / "overlay.yaml"
        overlay.write_text("runs: own.tsv")

        def found(*places):
            head = "run\tdataset\tarchitecture\tfraction\tseed\n"
            for place in places:
                row = f"{place}-s0\tshapes\tsimplenet-norm\t1.0\t0\n"
                (tmp_path / place / "own.tsv").write_text(head + row)
            config = merged(smoke, yaml.safe_load(overlay.read_text()))
            options = {"files": [overlay], "version_of": lambda *_: ""}
            plan = resolve_project(PROJECT, config, **options)[1]
            return [fact["run"] for fact in plan["tables"]["table1"]["facts"]["runs"]]

        return found

    def test_is_beside_the_config_file_first(self, runs):
        assert runs("work", "beside") == ["beside-s0"]

    def test_is_below_the_working_directory_next(self, runs):
        assert runs("work") == ["work-s0"]

    def test_a_sheet_that_is_nowhere_is_refused_with_the_places(self, runs):
        with pytest.raises(KnowError, match=r"no file at own\.tsv: looked beside the"):
            runs()

    def test_a_path_that_overlays_replace_is_that_of_the_last(self, tmp_path, smoke):
        sheet = "run\tdataset\tarchitecture\tfraction\tseed\n{}-s0\tshapes\t"
        files = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "own.tsv").write_text(
                sheet.format(name) + "simplenet-norm\t1.0\t0\n"
            )
            files.append(tmp_path / name / "overlay.yaml")
            files[-1].write_text("runs: own.tsv")
        config = read_config(PROJECT / "config", PROJECT / "config/smoke.yaml", *files)
        options = {"files": files, "version_of": lambda *_: ""}
        plan = resolve_project(PROJECT, config, **options)[1]
        facts = plan["tables"]["table1"]["facts"]["runs"]
        assert [fact["run"] for fact in facts] == ["second-s0"]
