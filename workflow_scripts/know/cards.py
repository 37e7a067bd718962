"""Files whose cards say what a job expects of them: a whole file in the wrong place.

A card is what a file says of itself: the metadata of a checksummed safetensors file, or
the attributes of a Zarr store. That its bytes are undamaged is checked by those who
read the rest.
"""

import json
import os
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from know.errors import KnowError, naming, raise_all, raise_of_the_disk

Card = Mapping[str, Any]


def check_cards(expected: Mapping[str, Card]) -> None:
    """Compare the card of each file with what is expected there.

    Args:
        expected: by file, some fields of its card and their values; None for a field
            that the card must not have.

    Raises:
        KnowError: naming every field that differs.
    """
    problems = []
    for file, wanted in expected.items():
        try:
            found = read_card(Path(file))
        except KnowError as error:
            problems.append(str(error))
            continue
        problems += [
            f"{file}: wanted {name} {value!r}, found {found.get(name)!r}"
            for name, value in wanted.items()
            if found.get(name) != value
        ]
    raise_all(problems, "files are not those of the plan; delete them and run again")


def read_card(path: Path) -> dict[str, Any]:
    """Read what a file says of itself, and no tensor.

    Returns:
        The metadata of a checksummed safetensors file, the attributes of the Zarr group
        in a zip file; of a shard of meta-data, `metadata` and the `numbers` of its
        meta-runs.

    Raises:
        KnowError: if the file is missing or damaged.
    """
    try:
        if path.suffix == ".zip":
            return _card_of_store(path)
        with naming(path), path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, path.stat().st_size)))
        card: dict[str, Any] = json.loads(header["__metadata__"]["know"])
    except (
        *(OSError, ValueError, LookupError, TypeError, AttributeError),
        *(struct.error, zipfile.BadZipFile, NotImplementedError),
    ) as error:
        raise_of_the_disk(error)
        raise KnowError(f"{path} is damaged: no card in it ({error})") from error
    return card


def _card_of_store(path: Path) -> dict[str, Any]:
    with naming(path), path.open("rb") as file:
        # If this fails in zipfile, it takes the file for one of another kind.
        file.seek(-1, os.SEEK_END)
        file.read()
    with naming(path), zipfile.ZipFile(path) as archive:
        card = _attributes(archive, "zarr.json")
        names = [name for name in archive.namelist() if name.startswith("trial-")]
        # Groups, not their arrays.
        groups = [n for n in names if n.count("/") == 1 and n.endswith("/zarr.json")]
        runs = [_attributes(archive, name)["run"] for name in groups]
    if not runs:
        return card
    return {
        "metadata": runs[0].rpartition("-")[0],
        "numbers": sorted(_numbers(runs, card)),
    }


def _numbers(runs: list[str], card: Card) -> Iterator[int]:
    for run in runs:
        yield int(run.rpartition("-")[2])
    for run in card["left_out"]:
        yield run["number"]


def _attributes(archive: zipfile.ZipFile, member: str) -> dict[str, Any]:
    attributes: dict[str, Any] = json.loads(archive.read(member))["attributes"]
    return attributes
