"""Configs and run sheets against their schemas, every mistake at once."""

import csv
import math
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.validators import extend

from know.errors import KnowError, raise_all


def _is_finite_number(checker: TypeChecker, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


# YAML can write NaN and infinity, which pass every bound of a schema.
_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "number", _is_finite_number
    ),
)


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
    errors = _Validator(schema).iter_errors(value)
    ordered = sorted(errors, key=lambda error: [str(p) for p in error.absolute_path])
    return [line for error in ordered for line in _lines(error, place)]


def _lines(error: ValidationError, place: str) -> Iterator[str]:
    if error.validator in ("oneOf", "anyOf") and error.context:
        for deeper in _nearest_form(error):
            yield from _lines(deeper, place)
        return
    path = ".".join(str(part) for part in error.absolute_path)
    where = " ".join(part for part in (place, path) if part) or "config"
    message = error.message
    if error.validator == "additionalProperties":
        keys = cast("Mapping[str, Any]", error.schema).get("properties", {})
        message += f"; there are {', '.join(sorted(keys)) or 'none'}"
    yield f"{where}: {message}"


def _nearest_form(error: ValidationError) -> list[ValidationError]:
    """The mistakes of that form, of several allowed ones, which was meant.

    It is of the value's type, has the most of its keys, and the fewest mistakes.
    """
    schemas = cast("list[Mapping[str, Any]]", error.validator_value)
    forms: dict[Any, list[ValidationError]] = {}
    for deeper in error.context or []:
        forms.setdefault(deeper.schema_path[0], []).append(deeper)

    def distance(form: Any) -> tuple[bool, int, int]:
        keys = set(schemas[form].get("properties", {}))
        known = keys & set(error.instance) if isinstance(error.instance, dict) else ()
        is_other_type = any(
            deeper.validator == "type" and deeper.instance is error.instance
            for deeper in forms[form]
        )
        return is_other_type, -len(known), len(forms[form])

    return forms[min(forms, key=distance)]


def read_runs(path: Path, schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read a run sheet, tab-separated with a head line.

    Args:
        path: of the sheet.
        schema: of a row; the columns that it wants numbers in are read as numbers.

    Returns:
        One record a row.

    Raises:
        KnowError: if there is no such sheet or no row, or naming every mistake in it.
    """
    if not path.is_file():
        raise KnowError(f"wanted a run sheet, found no file at {path}")
    columns = schema["properties"]
    numeric = {c for c in columns if columns[c].get("type") in ("integer", "number")}
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, delimiter="\t", restkey="further cells")
        numbered = [(reader.line_num, _with_numbers(row, numeric)) for row in reader]
    problems = [] if numbered else ["it has no row"]
    for line, row in numbered:
        problems += schema_problems(row, schema, place=f"line {line}")
    raise_all(problems, f"the run sheet {path} is wrong")
    return [row for _, row in numbered]


def _with_numbers(row: Mapping[str, Any], numeric: Collection[str]) -> dict[str, Any]:
    return {
        column: _number(cell) if column in numeric else cell
        for column, cell in row.items()
    }


def _number(text: str | None) -> int | float | str | None:
    """The number that a cell holds, or the cell, for the schema to refuse."""
    for number in (int, float):
        try:
            return number(text or "")
        except ValueError:
            continue
    return text
