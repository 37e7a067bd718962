"""Log of one workflow job."""

import atexit
import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def job_log(path: Path | str) -> Iterator[logging.Logger]:
    """Send the package's log, and the traceback of a failure, to `path`.

    Args:
        path: the job's log file; an older one is overwritten.

    Yields:
        The logger `know`, writing one line with the time per message.
    """
    # As a process ends, Python looks for garbage among all that torch has made, which
    # costs a job 0.4 s of processor time (docs/benchmarks.md). Nobody needs it then.
    atexit.register(gc.freeze)
    atexit.register(gc.disable)
    Path(path).write_text("")
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("know")
    level_before = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield log
    except BaseException:
        log.exception("the job failed")
        raise
    finally:
        log.setLevel(level_before)
        log.removeHandler(handler)
        handler.close()
