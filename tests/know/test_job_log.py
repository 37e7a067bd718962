import ast
import io
import logging
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.script import PythonScript

import know
from know.job_log import job_log


def write_and_fail(path):
    with job_log(path):
        raise RuntimeError("the disk is full")


SCRIPTS = sorted(Path(know.__file__).parents[1].glob("*.py"))


ENVIRONMENT = {"PYTHONPATH": str(SCRIPTS[0].parent)}


def job_script(tmp_path, lines):
    """A script that runs `lines` in a job's log, as Snakemake's scripts do."""
    script = tmp_path / "job.py"
    script.write_text(
        "import atexit\n"
        "from know.job_log import job_log\n"
        "from types import SimpleNamespace\n"
        f"output = [{str(tmp_path / 'made')!r}]\n"
        f"params = {{'resume': {str(tmp_path / 'resume')!r}}}\n"
        "snakemake = SimpleNamespace(output=output, params=params)\n"
        "atexit.register(print, 'taken apart')\n"
        f"with job_log({str(tmp_path / 'job.log')!r}) as log:\n    {lines}\n"
    )
    return script


def job(tmp_path, lines):
    """A finished process that ran such a script."""
    return subprocess.run(
        [sys.executable, job_script(tmp_path, lines)],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )


def test_a_job_that_succeeded_leaves_at_once(tmp_path):
    run = job(tmp_path, "log.info('all of it'); print('made', end='')")
    assert (run.returncode, run.stdout, run.stderr) == (0, "made", "")
    assert (tmp_path / "job.log").read_text().endswith(" INFO all of it\n")


def test_garbage_is_collected_once_a_job_has_imported_its_modules(tmp_path):
    script = tmp_path / "job.py"
    script.write_text(
        "import gc\n"
        "from types import SimpleNamespace\n"
        "snakemake = SimpleNamespace(output=[], params={})\n"
        "from know.job_log import job_log\n"
        "print(gc.isenabled())\n"
        f"with job_log({str(tmp_path / 'job.log')!r}):\n    print(gc.isenabled())\n"
    )
    run = [sys.executable, script]
    found = subprocess.run(run, capture_output=True, text=True, env=ENVIRONMENT)
    assert (found.stdout, found.stderr) == ("False\nTrue\n", "")


def test_a_library_leaves_the_collection_of_garbage_alone():
    code = "import gc, know; print(gc.isenabled(), gc.get_freeze_count())"
    run = [sys.executable, "-c", code]
    found = subprocess.run(run, capture_output=True, text=True, env=ENVIRONMENT)
    assert (found.stdout, found.stderr) == ("True 0\n", "")


def test_snakemake_still_writes_nothing_after_a_script():
    file = io.BytesIO()
    PythonScript.write_script(SimpleNamespace(source="last\n"), "first\n", file)
    assert file.getvalue() == b"first\nlast\n"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_nothing_follows_the_log_of_a_script(script):
    last = ast.parse(script.read_text()).body[-1]
    assert isinstance(last, ast.With)
    assert "job_log(" in ast.unparse(last.items[0])


def test_a_job_removes_what_its_killed_predecessors_left(tmp_path):
    left = [f"{name}.0123abcd.partial" for name in ("made", "resume", "other")]
    for name in left[1:]:
        (tmp_path / name).write_text("half")
    (tmp_path / left[0] / "stage").mkdir(parents=True)
    job(tmp_path, "pass")
    found = {path.name for path in tmp_path.iterdir()}
    assert found == {"job.py", "job.log", "other.0123abcd.partial"}


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells of a parent's death")
def test_a_job_dies_with_the_process_that_started_it(tmp_path):
    script = job_script(tmp_path, "print(flush=True); import time; time.sleep(600)")
    starter = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    parent = subprocess.Popen(
        [sys.executable, "-c", starter, sys.executable, script],
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    parent.stdout.readline()
    parent.kill()
    # The job holds the other end: nothing comes until it is gone.
    assert parent.communicate(timeout=60) == (b"", None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_job_that_is_warned_leaves_in_order_and_asks_for_another_start(
    tmp_path, number
):
    lines = f"""import signal; from know.preemption import leave_if_warned
    signal.raise_signal({int(number)}); print("on", end=" "); leave_if_warned()
    print("never")"""
    run = job(tmp_path, lines)
    assert (run.returncode, run.stdout) == (75, "on ")
    assert (tmp_path / "job.log").read_text().endswith(" goes on from here\n")


@pytest.mark.parametrize(("lines", "code"), [("raise SystemExit(3)", 3), ("1 / 0", 1)])
def test_a_job_that_failed_says_so(tmp_path, lines, code):
    run = job(tmp_path, lines)
    assert run.returncode == code
    assert "the job failed" in (tmp_path / "job.log").read_text()
    assert "taken apart" in run.stdout


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "from know.errors import KnowError; raise KnowError('a.zip is damaged')",
            "a.zip is damaged",
        ),
        ("open('/absent')", "[Errno 2] No such file or directory: '/absent'"),
    ],
)
def test_what_a_user_can_mend_is_one_line_in_terminal_and_log(tmp_path, lines, said):
    run = job(tmp_path, lines)
    assert (run.returncode, run.stderr) == (1, f"know: {said}\n")
    log = (tmp_path / "job.log").read_text()
    assert log.endswith(f" ERROR the job failed: {said}\n")
    assert len(log.splitlines()) == 1


def test_log_of_the_package_replaces_an_older_file(tmp_path):
    path = tmp_path / "job.log"
    path.write_text("of an earlier attempt\n")
    with job_log(path) as log:
        assert log.name == "know"
        logging.getLogger("know.training").info("stage %d of %d", 2, 5)
    (line,) = path.read_text().splitlines()
    assert line.endswith(" INFO stage 2 of 5")


def test_failure_leaves_its_traceback_in_the_file(tmp_path):
    with pytest.raises(RuntimeError, match="the disk is full"):
        write_and_fail(tmp_path / "job.log")
    text = (tmp_path / "job.log").read_text()
    assert " ERROR the job failed\nTraceback" in text
    assert "RuntimeError: the disk is full" in text


def test_the_logger_is_left_as_it_was_even_after_a_failure(tmp_path):
    log = logging.getLogger("know")
    before = log.level, list(log.handlers)
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path / "job.log")
    assert (log.level, log.handlers) == before
