"""The thin scripts of this room, each run as Snakemake would run it."""

from dataclasses import asdict
from pathlib import Path

import pytest

from know.json_files import write_records


@pytest.fixture
def tabulated(tmp_path, make_facts, scores, run_script):
    primary = {"methods": ["known"], "against": ["naive"], "margin": 0.6}
    facts = make_facts(primary=primary)
    files = [str(tmp_path / f"scores-{part}.json") for part in range(2)]
    write_records(Path(files[0]), scores[:7])
    write_records(Path(files[1]), scores[7:])
    run_script(
        "tabulate_scores",
        given={"scores": files},
        params={
            "facts": asdict(facts),
            "title": "Table 1",
            "note": "A note.",
            "paper_table": "table1",
        },
        output={
            "table": "table1.csv",
            "seeds": "table1_seeds.csv",
            "verdict": "table1_verdict.csv",
            "times": "table1_times.csv",
            "markdown": "table1.md",
            "figure": "table1.svg",
        },
    )
    return tmp_path


def test_tabulate_scores_writes_its_tables_and_draws_one(tabulated):
    lines = {
        name: len((tabulated / name).read_text().splitlines())
        for name in (
            *("table1.csv", "table1_seeds.csv", "table1_times.csv"),
            "table1_verdict.csv",
        )
    }
    assert lines == {
        "table1.csv": 7,
        "table1_seeds.csv": 7,
        "table1_times.csv": 7,
        # The head, and two horizons.
        "table1_verdict.csv": 3,
    }
    page = (tabulated / "table1.md").read_text()
    assert page.startswith("# Table 1\n\nA note.\n")
    assert "paper 100 %" in page
    assert (tabulated / "table1.svg").read_text().startswith("<?xml")


def test_tabulate_times_puts_seconds_beside_scores(
    tmp_path, scores, make_facts, run_script
):
    facts = make_facts()
    write_records(tmp_path / "scores.json", scores)
    benchmark = tmp_path / "network.tsv"
    benchmark.write_text("s\th:m:s\n12.5\t0:00:12\n")
    row = {"run": "r0", "method": "naive", "factor": 1.0, "compute": 1.0}
    run_script(
        "tabulate_times",
        given={"scores": [str(tmp_path / "scores.json")]},
        params={
            "facts": asdict(facts),
            "rows": [{**row, "benchmarks": {"pretraining": [str(benchmark)]}}],
            "rate": 0.5,
            "stages": 5,
            "note": "A note.",
        },
        output={"table": "table7.csv", "markdown": "table7.md"},
    )
    assert ",12.50,,,,12.50,," in (tmp_path / "table7.csv").read_text()
    assert "A note." in (tmp_path / "table7.md").read_text()
