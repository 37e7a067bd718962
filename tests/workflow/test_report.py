"""Snakemake's report, after a first command that made one table of many."""

import pytest

pytestmark = pytest.mark.workflow

# The smoke config has one pre-training, and so no answers.
ANSWER = (
    "shapes-new,accuracy,1,known,2,naive,14,-0.1558,0.2346,-0.2912,-0.0203,0.1,0.01,"
    "0.6,0.25,within ±0.6 points\n"
)


def test_a_report_without_targets_opens_with_the_verdicts(finished):
    verdicts = finished.folder / "results/table1_verdict.csv"
    verdicts.write_text(verdicts.read_text() + ANSWER)
    made = finished.snakemake("--report", "report.html", targets=())
    assert made.returncode == 0, made.stdout
    report = (finished.folder / "report.html").read_text()
    description = report.split("var workflow_desc = ")[1].split("\n", 1)[0]
    assert "Table1, its primary questions" in description
    answer = "known x2 against naive, shapes-new (accuracy), 14 pre-trainings: "
    assert f"{answer}-0.16 [-0.29, -0.02], <strong>within" in description


def test_a_report_after_the_run_is_of_all_results(fresh):
    words = "--dry-run", "--report", "report.html", "--report-after-run"
    # A dry run ends with the refusal to report on what it did not make.
    run = fresh.snakemake(*words, targets=())
    assert "    output: results/table2.csv" in run.stdout, run.stdout
