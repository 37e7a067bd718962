"""Networks are plug-ins that do not share code."""

import ast
from pathlib import Path

import pytest

import know.architectures
from know.architectures import ARCHITECTURES

PACKAGE = Path(know.architectures.__file__).parent


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_no_network_reaches_another_networks_module(name):
    networks = {ARCHITECTURES.module_of(other) for other in ARCHITECTURES}
    networks -= {ARCHITECTURES.module_of(name)}
    waiting, seen = [ARCHITECTURES.module_of(name)], set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        path = PACKAGE / f"{module.rpartition('.')[2]}.py"
        nodes = ast.walk(ast.parse(path.read_text()))
        imported = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
        assert "know.architectures" not in imported
        found = {m for m in imported if (m or "").startswith("know.architectures.")}
        waiting += found - seen
    assert not seen & networks
