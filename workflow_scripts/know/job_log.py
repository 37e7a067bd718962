"""Log of one workflow job."""

import ctypes
import gc
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from know.errors import KnowError
from know.preemption import AGAIN, Preempted, ask_slurm_to_requeue, heed_warnings
from know.whole_files import sweep

_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of linux/prctl.h."""


@contextmanager
def logged_by(handler: logging.Handler) -> Iterator[logging.Logger]:
    """Send the package's log to a handler."""
    log = logging.getLogger("know")
    level_before = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield log
    finally:
        log.setLevel(level_before)
        log.removeHandler(handler)
        handler.close()


@contextmanager
def job_log(path: Path | str) -> Iterator[logging.Logger]:
    """Send the package's log to `path`, and why the job failed.

    What a user can mend is one message there and in the terminal; any other failure
    comes with its traceback.

    It is the last statement of every workflow script: a job that has succeeded, or was
    warned, ends its process here. On Linux a job also ends, at once, when the Snakemake
    that started it is gone, or it would write beside the jobs of the next one; and what
    killed writers of its outputs left is removed.

    Args:
        path: the job's log file; an older one is overwritten.

    Yields:
        The logger `know`, writing one line with the time per message.
    """
    job = getattr(sys.modules["__main__"], "snakemake", None)
    if job:
        # Modules are not garbage.
        gc.freeze()
        gc.enable()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        resume = job.params.get("resume")
        # Snakemake lets no other job write these.
        for file in (*job.output, *filter(None, [resume])):
            sweep(Path(file))
        if resume:
            heed_warnings()
    Path(path).write_text("")
    handler = logging.FileHandler(path, errors="backslashreplace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    status = 0
    with logged_by(handler) as log:
        try:
            yield log
        except Preempted:
            status = AGAIN
            requeues = ask_slurm_to_requeue()
            log.warning(
                "leaving, as a signal asked for: %s; it goes on from here",
                "Slurm starts the job again" if requeues else "start the job again",
            )
            if not job:
                raise
        except (KnowError, OSError) as error:
            if isinstance(error, OSError) and error.filename is None:
                log.exception("the job failed")
                raise
            # A user can mend it: a traceback would hide where and how.
            log.log(logging.ERROR, "the job failed: %s", error)
            if not job:
                raise
            sys.stderr.write(f"know: {error}\n")
            raise SystemExit(1) from None
        except BaseException:
            log.exception("the job failed")
            raise
        finally:
            # Else Triton's bindings print a page about leaks after an error.
            gc.unfreeze()
    # Taking apart all that torch has made would cost each job half a second of CPU time
    # (docs/benchmarks.md). Snakemake runs a script in a process of its own and puts
    # nothing after it; there, `snakemake` is a name of the main module.
    if job:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
