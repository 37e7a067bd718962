"""Plans of the smoke config under overlays."""

from pathlib import Path

import pytest
import yaml

from know.configuration import merged, read_config
from know.errors import KnowError
from know.plan import resolve_project

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def smoke():
    return read_config(PROJECT / "config", PROJECT / "config/smoke.yaml")


@pytest.fixture
def planned(smoke, tmp_path):
    """A maker of the smoke config's plan under an overlay, YAML text or a mapping.

    Rows such as `a shapes simplenet 0.5 0` replace its run sheet. In place of a code
    digest, the plan has the script and the plug-ins that it would cover.
    """

    def plan(overlay="", *rows):
        if isinstance(overlay, str):
            overlay = yaml.safe_load(overlay) or {}
        if rows:
            path = tmp_path / "runs.tsv"
            head = "run dataset architecture fraction seed"
            path.write_text("\n".join([head, *rows]).replace(" ", "\t"))
            overlay = {**overlay, "runs": str(path)}
        _, resolved = resolve_project(
            PROJECT,
            merged(smoke, overlay),
            version_of=lambda script, *modules: " ".join([script, *modules]),
        )
        return resolved

    return plan


@pytest.fixture
def refusal(planned):
    """A maker of the problems for which an overlay or rows are refused."""

    def problems(*overlay_and_rows):
        with pytest.raises(KnowError) as refused:
            planned(*overlay_and_rows)
        _, *lines = str(refused.value).splitlines()
        return [line.removeprefix("  - ") for line in lines]

    return problems
