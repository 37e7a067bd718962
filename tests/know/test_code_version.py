import os
import re
import sys
from itertools import count

import pytest

from know.code_version import code_version, import_from

FILES = {
    "train.py": "from pkg.training import fit\n\nfit()\n",
    "pkg/__init__.py": "",
    "pkg/training.py": (
        '"""Training."""\n'
        "from pkg.schedules import rate\n\n"
        "def fit():\n"
        '    """Fit."""\n'
        "    return rate(1)\n"
    ),
    "pkg/schedules.py": "def rate(step):\n    return 1 / step\n",
    "pkg/unrelated.py": "answer = 42\n",
}


@pytest.fixture
def version_with(tmp_path):
    """Version of train.py in a project of FILES, some of them changed.

    Each call has a folder of its own, because parsed files are remembered.
    """
    folders = (tmp_path / str(number) for number in count())

    def version(changes=None, **options):
        root = next(folders)
        for name, text in (FILES | (changes or {})).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return code_version(root / "train.py", **options)

    return version


def edited(name, old, new):
    assert old in FILES[name]
    return {name: FILES[name].replace(old, new)}


def test_same_code_elsewhere_has_the_same_version(version_with):
    assert re.fullmatch("[0-9a-f]{12}", version_with())
    assert version_with() == version_with()


@pytest.mark.parametrize(
    "changes",
    [
        edited("train.py", "fit()\n", "fit(), fit()\n"),
        edited("pkg/training.py", "rate(1)", "rate(2)"),
        edited("pkg/schedules.py", "1 / step", "2 / step"),
        edited("pkg/schedules.py", "step", "epoch"),
    ],
    ids=["script", "import", "import of an import", "name"],
)
def test_changed_code_has_another_version(changes, version_with):
    assert version_with(changes) != version_with()


@pytest.mark.parametrize(
    "changes",
    [
        edited("pkg/unrelated.py", "42", "43"),
        edited("pkg/training.py", '"""Training."""', '"""Training of networks."""'),
        edited("pkg/training.py", '    """Fit."""\n', ""),
        edited("pkg/schedules.py", "1 / step", "1 / step  # slower and slower"),
        edited("pkg/schedules.py", "1 / step", "(\n        1 / step\n    )"),
    ],
    ids=["not imported", "docstring", "no docstring", "comment", "layout"],
)
def test_what_cannot_change_a_number_keeps_the_version(changes, version_with):
    assert version_with(changes) == version_with()


@pytest.mark.parametrize(
    "line",
    [
        "import pkg.training",
        "from pkg import training",
        "from pkg.training import fit as train",
        "if True:\n    import pkg.training",
        "def late():\n    import pkg.training",
    ],
)
def test_every_way_to_import_is_followed(line, version_with):
    script = {"train.py": f"{line}\n"}
    change = edited("pkg/schedules.py", "1 / step", "2 / step")
    assert version_with(script | change) != version_with(script)


def test_circle_of_imports_ends(version_with):
    back = {"pkg/schedules.py": "import pkg.training\n"}
    assert version_with(back) != version_with()


def test_package_file_imported_by_name_counts(version_with):
    script = {"train.py": "import pkg\n"}
    filled = {"pkg/__init__.py": "answer = 42\n"}
    assert version_with(script | filled) != version_with(script)


def test_module_named_beside_the_script_counts(version_with):
    change = edited("pkg/unrelated.py", "42", "43")
    also = ("pkg.unrelated",)
    assert version_with(change, also=also) != version_with(also=also)


def test_moved_code_has_another_version(version_with):
    moved = {
        "train.py": "from pkg.fitting import fit\n\nfit()\n",
        "pkg/fitting.py": FILES["pkg/training.py"],
    }
    assert version_with(moved) != version_with()


def test_processes_started_later_import_from_the_given_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setattr(sys, "path", list(sys.path))
    import_from(tmp_path)
    import_from(tmp_path)
    assert sys.path[0] == str(tmp_path)
    assert os.environ["PYTHONPATH"] == f"{tmp_path}{os.pathsep}/elsewhere"
