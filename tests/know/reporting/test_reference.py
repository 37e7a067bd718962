import json
import subprocess

import pytest

from know.errors import KnowError
from know.reporting.reference import files_of, keep_reference, machine


@pytest.fixture
def finished(tmp_path):
    """A git checkout with one config and the results of a run."""
    (tmp_path / "config.yaml").write_text("runs: runs.tsv\n")
    (tmp_path / "default").mkdir()
    (tmp_path / "default/table1.yaml").write_text("tasks: {}\n")
    for name in (f for t in ("table1", "table3", "hypernetwork") for f in files_of(t)):
        path = tmp_path / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "config.yaml"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Start"], check=True)
    return tmp_path


def keep(finished, table="table1"):
    keep_reference(
        finished / "results",
        finished / "kept",
        configs=[finished / "config.yaml"],
        command="snakemake results/table1.csv",
        table=table,
    )
    name = "provenance" if table == "table1" else table
    return json.loads((finished / f"kept/{name}.json").read_text())


@pytest.mark.parametrize(
    ("table", "provenance"),
    [
        ("table1", "provenance.json"),
        ("table3", "table3.json"),
        ("hypernetwork", "hypernetwork.json"),
    ],
)
def test_tables_and_figures_are_copied(finished, table, provenance):
    (finished / "results/selection.csv").write_text("selection")
    assert keep(finished, table)["date"]
    kept = {path.name for path in (finished / "kept").iterdir()}
    wanted = {name.split("/")[-1] for name in files_of(table)} | {provenance}
    # A run makes no selection or one, which goes with Table 1.
    assert kept == wanted | ({"selection.csv"} if table == "table1" else set())


def test_provenance_names_commit_config_and_machine(finished):
    provenance = keep(finished)
    assert len(provenance["commit"]) == 40
    assert list(provenance["configs"]) == ["config.yaml", "default/table1.yaml"]
    assert provenance["machine"] == machine()


def test_a_changed_checkout_is_marked(finished):
    (finished / "config.yaml").write_text("runs: other.tsv\n")
    assert keep(finished)["commit"].endswith("with changes")


def test_all_missing_files_are_named_and_nothing_is_written(finished):
    (finished / "results/table1.csv").unlink()
    (finished / "results/table1.md").unlink()
    with pytest.raises(KnowError, match=r"(?s)table1\.csv.*table1\.md"):
        keep(finished)
    assert not (finished / "kept").exists()


def test_configs_outside_a_checkout_are_refused(finished):
    subprocess.run(["rm", "-rf", str(finished / ".git")], check=True)
    with pytest.raises(KnowError, match="in no git checkout"):
        keep(finished)
