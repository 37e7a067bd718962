"""Plug-ins are found by file name, read without being imported, and named in errors."""

from uuid import uuid4

import pytest

from know.errors import KnowError
from know.registry import Registry


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of its own name for each test, with two plug-ins and a helper."""
    name = f"plugins_{uuid4().hex}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "log_fit.py").write_text(
        "import absent_library\nMETRICS = ('a', 'b')\nOPTIONS: dict = {'x': [1]}\n"
        "COMPUTED = len(METRICS)\ndef predict(): return 'log'\n"
    )
    (folder / "mean.py").write_text("def predict(): return 'mean'\n")
    (folder / "helper.py").write_text("def mean(): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    return name


@pytest.fixture
def predictors(package):
    return Registry(package, kind="a predictor", entry="predict")


def test_a_plugin_is_a_module_with_the_entry(predictors, package):
    assert list(predictors) == ["log-fit", "mean"]
    assert predictors.module_of("log-fit") == f"{package}.log_fit"
    assert predictors["mean"]() == "mean"
    assert "helper" not in predictors


def test_its_literal_constants_are_read_without_importing_it(predictors):
    assert predictors.facts("log-fit") == {
        "METRICS": ("a", "b"),
        "OPTIONS": {"x": [1]},
    }
    assert predictors.facts("mean") == {}


def test_a_plugin_from_elsewhere_is_named_by_module_and_entry(predictors, package):
    own = f"{package}.helper:mean"
    assert predictors[own].__name__ == "mean"
    assert predictors.module_of(own) == f"{package}.helper"


KNOWN = "wanted a predictor, one of log-fit, mean, or .*; got"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        *((name, f"{KNOWN} '{name}'") for name in ("log_fit", "helper", "")),
        ("absent.x:y", "wanted .*; 'absent.x:y' cannot be imported: No module .*'"),
        ("os:system", ".* cannot be imported: there is no file of a module 'os'"),
        ("json:absent", ".* cannot be imported: json defines no 'absent'"),
    ],
)
def test_an_unknown_plugin_is_refused_and_why(predictors, wrong, message):
    for ask in (predictors.module_of, predictors.facts, predictors.__getitem__):
        with pytest.raises(KnowError, match=f"^{message}$"):
            ask(wrong)
    assert predictors.get(wrong) is None
