"""Plug-ins are found by file, and no other file lists them."""

import subprocess
import sys

import pytest

from know.hypernetwork.models import MODELS
from know.predictors import PREDICTORS


def test_a_method_that_needs_a_hypernetwork_bears_its_name():
    needing = {n for n in PREDICTORS if PREDICTORS.facts(n).get("NEEDS_HYPERNETWORK")}
    assert needing == set(MODELS)


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
