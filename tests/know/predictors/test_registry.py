import ast
import subprocess
import sys
from pathlib import Path

import pytest

import know.predictors
from know.errors import KnowError
from know.predictors import PREDICTORS, module_of

PACKAGE = Path(know.predictors.__file__).parent


def test_the_methods_are_those_of_the_paper_and_further_ones():
    of_the_paper = {
        "consensus_ta",
        "exp_fit",
        "known",
        "linear_fit",
        "log_fit",
        "mag_max",
        "task_vector",
        "tsv",
    }
    further = {"ar1", "nino_mlp", "shrink", "ties", "wnn"}
    assert set(PREDICTORS) >= of_the_paper | further
    assert len(PREDICTORS) == len(set(PREDICTORS))


@pytest.mark.parametrize("name", sorted(PREDICTORS))
def test_a_method_lives_in_the_module_named_for_it(name):
    assert PREDICTORS[name].__module__ == module_of(name) == f"know.predictors.{name}"


def test_an_unknown_method_is_refused_with_the_known_ones_named():
    with pytest.raises(
        KnowError, match=r"^wanted a predictor, one of .*tsv.* got 'nwn'"
    ):
        PREDICTORS["nwn"]
    assert "nwn" not in PREDICTORS
    assert PREDICTORS.get("nwn") is None


def test_the_registry_is_read_only():
    with pytest.raises(TypeError):
        PREDICTORS["mine"] = print


def test_loading_the_registry_loads_no_method_and_no_torch():
    code = (
        "import sys, know.predictors\n"
        "print([m for m in sys.modules if m.startswith(('know.predictors.', 'torch'))])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(PREDICTORS))
def test_no_method_reaches_another_methods_module(name):
    methods = {module_of(other) for other in PREDICTORS} - {module_of(name)}
    waiting, seen = [module_of(name)], set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        path = PACKAGE / f"{module.rpartition('.')[2]}.py"
        nodes = ast.walk(ast.parse(path.read_text()))
        imported = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
        assert "know.predictors" not in imported
        waiting += [
            found
            for found in imported - seen
            if found is not None and found.startswith("know.predictors.")
        ]
    assert not seen & methods
