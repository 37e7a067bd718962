"""Data sets that a rule of their own fetches, and the digests of their files."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from know.data.settings import DatasetSettings
from know.data.sources import SOURCES
from know.errors import naming, raise_all
from know.json_files import read_records, write_records

log = logging.getLogger("know")


@dataclass(frozen=True)
class FetchedFile:
    """A file of a data set, as it was after the fetch."""

    file: str
    """Path below the data root."""
    sha256: str


def fetch_dataset(settings: DatasetSettings, data_root: Path, record: Path) -> None:
    """Fetch a data set to below `data_root`, unless it is there.

    Args:
        settings: `source`, one that fetches, and the data set's `name`.
        data_root: folder of real data sets.
        record: file to write, which `check_fetched` reads.

    Raises:
        KnowError: if it cannot be fetched.
    """
    fetch = SOURCES[settings.source].fetch
    assert fetch is not None, "the source states FETCHES"
    files = fetch(settings, data_root)
    write_records(record, [FetchedFile(f, _sha256(data_root / f)) for f in files])
    log.info("%s: %d files below %s", settings.name, len(files), data_root)


def check_fetched(records: Sequence[str], data_root: Path) -> None:
    """Compare a data set's files with those that were fetched, if it needed a fetch.

    Raises:
        KnowError: naming every file that is missing or has changed.
    """
    problems = []
    for fetched in read_records(map(Path, records), FetchedFile, "fetched files"):
        path = data_root / fetched.file
        if not path.is_file():
            problems.append(f"{path} is missing")
        elif _sha256(path) != fetched.sha256:
            problems.append(f"{path} has changed")
    remedy = f"delete {', '.join(records)} to fetch anew"
    raise_all(problems, f"wanted the files that were fetched; {remedy}")


def _sha256(path: Path) -> str:
    with naming(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
