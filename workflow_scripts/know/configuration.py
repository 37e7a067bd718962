"""Configs and run sheets against their schemas, every mistake at once."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from know.errors import KnowError, raise_all


def schema_problems(
    value: Any, schema: Mapping[str, Any], *, place: str = ""
) -> list[str]:
    """All that `schema` finds wrong in `value`.

    Args:
        value: a config, or a row of a sheet.
        schema: a JSON schema (draft 2020-12).
        place: what comes before the path in each message, such as a sheet's row.

    Returns:
        One line a mistake: where it is, what was wanted, what was found.
    """
    errors = Draft202012Validator(schema).iter_errors(value)
    ordered = sorted(errors, key=lambda error: [str(p) for p in error.absolute_path])
    return [line for error in ordered for line in _lines(error, place)]


def _lines(error: ValidationError, place: str) -> Iterable[str]:
    path = ".".join(str(part) for part in error.absolute_path)
    where = " ".join(part for part in (place, path) if part) or "config"
    if error.validator in ("oneOf", "anyOf") and error.context:
        # Of several forms, speak of the one that came nearest: the fewest mistakes.
        forms: dict[Any, list[ValidationError]] = {}
        for deeper in error.context:
            forms.setdefault(deeper.schema_path[0], []).append(deeper)
        for deeper in min(forms.values(), key=len):
            yield from _lines(deeper, place)
    else:
        yield f"{where}: {error.message}"


def read_runs(path: Path, schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read a run sheet, tab-separated with a head line.

    Args:
        path: of the sheet.
        schema: of a row; numbers are read where it asks for them.

    Returns:
        One record a row.

    Raises:
        KnowError: if there is no such sheet or no row, or naming every mistake in it.
    """
    if not path.is_file():
        raise KnowError(f"wanted a run sheet, found no file at {path}")
    with path.open(newline="") as file:
        rows = [_numbers(row) for row in csv.DictReader(file, delimiter="\t")]
    problems = [] if rows else ["it has no row"]
    for number, row in enumerate(rows, start=2):
        problems += schema_problems(row, schema, place=f"line {number}")
    raise_all(problems, f"the run sheet {path} is wrong")
    return rows


def _numbers(row: Mapping[str | None, Any]) -> dict[str, Any]:
    """Cells that are numbers as numbers; a cell too many under the name `extra`."""
    return {
        str(key or "extra"): _number(value) if key in ("fraction", "seed") else value
        for key, value in row.items()
    }


def _number(text: str | None) -> int | float | str | None:
    for number in (int, float):
        try:
            return number(text or "")
        except ValueError:
            continue
    return text
