"""Log of one workflow job."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def job_log(path: Path | str) -> Iterator[logging.Logger]:
    """Send the package's log, and the traceback of a failure, to `path`.

    It is the last statement of a job's script: a job that has succeeded leaves its
    process here. Python would first take apart every object that torch has made, which
    takes a second or more and nobody waits for.

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
    # Snakemake puts this name into a script that it runs.
    if hasattr(sys.modules["__main__"], "snakemake"):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
