"""Log of one workflow job."""

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
        The logger `know`, writing a line with the time for each message.
    """
    handler = logging.FileHandler(path, mode="w")
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
