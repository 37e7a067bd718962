"""Networks are plug-ins that do not share code versions."""

import ast
from pathlib import Path

import pytest

import know.architectures
from know.architectures import ARCHITECTURES, build_network
from know.code_version import code_version
from know.errors import KnowError

PACKAGE = Path(know.architectures.__file__).parent


@pytest.mark.parametrize("wrong", ["vgg", "network", "resnet_small"])
def test_an_unknown_network_is_refused_with_the_known_ones_named(wrong):
    wanted = rf"^wanted an architecture, one of .*, vit-small, or .*; got '{wrong}'$"
    with pytest.raises(KnowError, match=wanted):
        build_network(wrong, num_classes=2, image_size=16, seed=0)


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

    def test_stays_when_a_network_is_added(self, version_of):
        before = version_of("before", "mlp")
        assert version_of("after", "mlp", vgg_small="def vgg_small(): ...") == before

    def test_changes_for_the_network_that_was_edited_alone(self, version_of):
        edit = {"vit_small": "def vit_small(): ..."}
        assert version_of("a", "mlp") == version_of("b", "mlp", **edit)
        assert version_of("c", "vit-small") != version_of("d", "vit-small", **edit)
