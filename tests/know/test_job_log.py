import ast
import logging
import subprocess
import sys
from pathlib import Path

import pytest

import know
from know.job_log import job_log


def write_and_fail(path):
    with job_log(path):
        raise RuntimeError("the disk is full")


SCRIPTS = sorted(Path(know.__file__).parents[1].glob("*.py"))


def job(tmp_path, lines):
    """A finished process that ran `lines` in a job's log, as Snakemake runs scripts."""
    script = tmp_path / "job.py"
    script.write_text(
        "import atexit\n"
        "from know.job_log import job_log\n"
        "snakemake = None\n"
        "atexit.register(print, 'taken apart')\n"
        f"with job_log({str(tmp_path / 'job.log')!r}) as log:\n    {lines}\n"
    )
    return subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SCRIPTS[0].parent)},
    )


def test_a_job_that_succeeded_leaves_at_once(tmp_path):
    run = job(tmp_path, "log.info('all of it'); print('made', end='')")
    assert (run.returncode, run.stdout, run.stderr) == (0, "made", "")
    assert (tmp_path / "job.log").read_text().endswith(" INFO all of it\n")


@pytest.mark.parametrize("lines", ["raise SystemExit(3)", "1 / 0"])
def test_a_job_that_failed_says_so(tmp_path, lines):
    run = job(tmp_path, lines)
    assert run.returncode == (3 if "SystemExit" in lines else 1)
    assert "the job failed" in (tmp_path / "job.log").read_text()
    assert "taken apart" in run.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_nothing_comes_behind_the_log_of_a_script(script):
    last = ast.parse(script.read_text()).body[-1]
    assert isinstance(last, ast.With)
    assert "job_log(" in ast.unparse(last.items[0])


def test_log_of_the_package_reaches_the_file(tmp_path):
    with job_log(tmp_path / "job.log"):
        logging.getLogger("know.training").info("stage %d of %d", 2, 5)
    assert (tmp_path / "job.log").read_text().endswith(" INFO stage 2 of 5\n")


def test_yielded_logger_is_the_package_s(tmp_path):
    with job_log(tmp_path / "job.log") as log:
        assert log.name == "know"


def test_failure_leaves_its_traceback_in_the_file(tmp_path):
    with pytest.raises(RuntimeError, match="the disk is full"):
        write_and_fail(tmp_path / "job.log")
    text = (tmp_path / "job.log").read_text()
    assert " ERROR the job failed\nTraceback" in text
    assert "RuntimeError: the disk is full" in text


def test_interruption_is_logged_and_passed_on(tmp_path):
    with pytest.raises(SystemExit), job_log(tmp_path / "job.log"):
        raise SystemExit(85)
    assert "SystemExit: 85" in (tmp_path / "job.log").read_text()


def test_older_log_is_overwritten(tmp_path):
    path = tmp_path / "job.log"
    path.write_text("of an earlier attempt\n")
    with job_log(path):
        pass
    assert path.read_text() == ""


def test_nothing_reaches_the_file_after_the_job(tmp_path):
    with job_log(tmp_path / "first.log"):
        pass
    with job_log(tmp_path / "second.log") as log:
        log.info("of the second")
    assert (tmp_path / "first.log").read_text() == ""


def test_handler_is_removed_even_after_a_failure(tmp_path):
    before = list(logging.getLogger("know").handlers)
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path / "job.log")
    assert logging.getLogger("know").handlers == before


def test_the_logger_is_left_as_it_was(tmp_path):
    log = logging.getLogger("know")
    before = log.level, list(log.handlers)
    with job_log(tmp_path / "job.log"):
        assert log.level == logging.INFO
    assert (log.level, log.handlers) == before
