import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import know.architectures
from know.architectures import ARCHITECTURES, build_network
from know.code_version import code_version
from know.errors import KnowError

PACKAGE = Path(know.architectures.__file__).parent
KNOWN = (
    "deeplabv3plus, densenet-small, mlp, mobilenetv2-small, pvt-v2, resnet-small, "
    "resnet18, shufflenetv2-small, simplenet, vit-small"
)


def test_the_networks_are_the_papers_and_the_families_of_the_metadata():
    assert ", ".join(ARCHITECTURES) == KNOWN
    assert len(ARCHITECTURES) == 10


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_a_network_lives_in_the_module_named_for_it(name):
    constructor = ARCHITECTURES[name]
    assert constructor.__module__ == ARCHITECTURES.module_of(name)
    assert constructor.__name__ == ARCHITECTURES.module_of(name).removeprefix(
        "know.architectures."
    )


@pytest.mark.parametrize("wrong", ["vgg", "network", "resnet_small"])
def test_an_unknown_network_is_refused_with_the_known_ones_named(wrong):
    wanted = (
        f"^wanted an architecture, one of {re.escape(KNOWN)}, or .*; got '{wrong}'$"
    )
    for ask in (
        ARCHITECTURES.module_of,
        ARCHITECTURES.__getitem__,
        lambda name: build_network(name, num_classes=2, image_size=16, seed=0),
    ):
        with pytest.raises(KnowError, match=wanted):
            ask(wrong)
    assert wrong not in ARCHITECTURES
    assert ARCHITECTURES.get(wrong) is None


def test_the_registry_is_read_only():
    with pytest.raises(TypeError):
        ARCHITECTURES["mine"] = print


def test_loading_the_registry_loads_no_network_and_no_torch():
    code = (
        "import sys, know.architectures\n"
        "heavy = ('know.architectures.', 'torch')\n"
        "print([m for m in sys.modules if m.startswith(heavy)])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_no_network_reaches_another_networks_module(name):
    networks = {ARCHITECTURES.module_of(other) for other in ARCHITECTURES} - {
        ARCHITECTURES.module_of(name)
    }
    waiting, seen = [ARCHITECTURES.module_of(name)], set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        path = PACKAGE / f"{module.rpartition('.')[2]}.py"
        nodes = ast.walk(ast.parse(path.read_text()))
        imported = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
        assert "know.architectures" not in imported
        waiting += [
            found
            for found in imported - seen
            if found is not None and found.startswith("know.architectures.")
        ]
    assert not seen & networks


class TestCodeVersion:
    """Adding or editing a network changes the version of no other."""

    @pytest.fixture
    def version_of(self, tmp_path):
        """The version of a script that builds a network, in a copy of the package."""

        def version(folder, network, **changed):
            copy = tmp_path / folder / "know"
            (copy / "architectures").mkdir(parents=True)
            for file in PACKAGE.glob("*.py"):
                (copy / "architectures" / file.name).write_bytes(file.read_bytes())
            for module, text in changed.items():
                (copy / "architectures" / f"{module}.py").write_text(text)
            script = copy.parent / "script.py"
            script.write_text("from know.architectures import build_network\n")
            return code_version(script, also=(ARCHITECTURES.module_of(network),))

        return version

    def test_is_the_same_with_a_network_more(self, version_of):
        before = version_of("before", "mlp")
        assert version_of("after", "mlp", vgg_small="def vgg_small(): ...") == before

    def test_changes_for_the_network_that_was_edited_alone(self, version_of):
        edit = {"vit_small": "def vit_small(): ..."}
        assert version_of("a", "mlp") == version_of("b", "mlp", **edit)
        assert version_of("c", "vit-small") != version_of("d", "vit-small", **edit)
