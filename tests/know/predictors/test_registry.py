"""Plug-ins are found by file, and no other file lists them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import know
from know.architectures import ARCHITECTURES
from know.code_version import code_version
from know.hypernetwork.models import MODELS
from know.predictors import PREDICTORS

PACKAGE = Path(know.__file__).parent
USERS = [
    (ARCHITECTURES, "pretrain_network.py"),
    (PREDICTORS, "predict_weights.py"),
    (MODELS, "train_hypernetwork.py"),
]


def test_a_method_that_needs_a_hypernetwork_bears_its_name():
    needing = {n for n in PREDICTORS if PREDICTORS.facts(n).get("NEEDS_HYPERNETWORK")}
    assert needing == set(MODELS)


@pytest.fixture
def copied(tmp_path):
    """A copy of the scripts and the package."""
    shutil.copytree(PACKAGE.parent, tmp_path / "scripts")
    return tmp_path / "scripts"


def digests(scripts):
    """Code version of a job of each plug-in."""
    return {
        (script, name): code_version(scripts / script, also=(registry.module_of(name),))
        for registry, script in USERS
        for name in registry
    }


def test_a_new_plugin_changes_no_other_ones_digest(copied):
    before = digests(copied)
    (copied / "know/architectures/mine.py").write_text("def mine(): ...\n")
    (copied / "know/predictors/mine.py").write_text("def predict(): ...\n")
    (copied / "know/hypernetwork/models/mine.py").write_text("MODEL = None\n")
    code_version.__globals__["_parsed"].cache_clear()
    assert digests(copied) == before


def test_an_edit_of_a_method_changes_its_own_digest_alone(copied):
    before = digests(copied)
    with (copied / "know/predictors/tsv.py").open("a") as file:
        file.write("X = 1\n")
    code_version.__globals__["_parsed"].cache_clear()
    after = digests(copied)
    assert {job for job in after if after[job] != before[job]} == {
        ("predict_weights.py", "tsv")
    }


@pytest.mark.parametrize("package", ["know.predictors", "know.hypernetwork.models"])
def test_loading_a_registry_loads_no_plugin_and_no_torch(package):
    code = (
        f"import sys, {package}\n"
        f"print([m for m in sys.modules if m.startswith(('{package}.', 'torch'))])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
