"""JSON schemas: the mistakes in a value, and its defaults.

Besides the keywords of JSON schema there are three:

- `id_of: tasks`: a section of the config that declares the id.
- `plugin: {kind: predictor, named: predictor, options: options}`: the key of a block
  that names a plug-in, and the key, if any, of the options that the plug-in's module
  states. Without `named`, the value is itself the name.
- `multiple_of: {width: heads}`: a number that is a multiple of another.
"""

import copy
import math
import re
import reprlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, cast

from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.validators import extend

from know.registry import Registry, UnknownPluginError

Settings = Mapping[str, Any]
Plugins = Mapping[str, Registry[Any]]
Place = tuple[str | int, ...]
"""Keys that lead to a value."""
Mistake = tuple[Place, str]
"""Where it is, and what is wrong."""
Errors = Iterator[ValidationError]

_EXPONENT = re.compile(r"([-+]?\d+)(?:\.(\d*))?[eE]([-+]?)(\d+)")
_LONGEST_VALUE = 60
"""Characters of a value that a message shows whole."""


def mistakes(
    value: Any, schema: Settings, plugins: Plugins | None = None, config: Any = None
) -> Iterator[Mistake]:
    """Yield every mistake of a value against its schema, by place.

    Args:
        value: plain values, as YAML gives them.
        schema: what they should be.
        plugins: registries, by the names that the keyword `plugin` gives them.
        config: the config that declares what `id_of` names.
    """
    # YAML can write NaN and infinity, which pass every bound of a schema.
    numbers = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_finite_number)
    kind = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        validators={
            "plugin": partial(_plugin, plugins or {}),
            "id_of": partial(_id_of, config or {}),
            "pattern": _pattern,
            "multiple_of": _multiple_of,
        },
        type_checker=numbers,
    )
    errors = kind(schema).iter_errors(value)
    for error in sorted(errors, key=lambda e: [str(p) for p in e.absolute_path]):
        yield from _mistakes_of(error)


def line_of(mistake: Mistake, *, within: str = "") -> str:
    """Tell a mistake in one line, which begins with its place."""
    place, message = mistake
    where = " ".join(filter(None, [within, ".".join(str(part) for part in place)]))
    return f"{where}: {message}" if where else message


def undeclared(section: str, blocks: Settings, found: Any) -> str:
    """Say that a section does not declare an id."""
    return f"wanted one of {section} ({', '.join(blocks)}), found {found!r}"


def options_schema(facts: Settings) -> dict[str, Any]:
    """Return the schema of a plug-in's options, by the constants of its module."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": facts.get("OPTIONS", {}),
        "required": list(facts.get("REQUIRED_OPTIONS", ())),
    }


def with_defaults(value: Any, schema: Settings) -> Any:
    """Return a value with the defaults of its schema, at any depth."""
    if isinstance(value, list) and "items" in schema:
        return [with_defaults(item, schema["items"]) for item in value]
    if not isinstance(value, Mapping):
        return value
    forms = schema.get("properties", {})
    missing = {
        key: copy.deepcopy(form["default"])
        for key, form in forms.items()
        if "default" in form and key not in value
    }
    other = schema.get("additionalProperties") or {}
    return {
        key: with_defaults(inner, forms.get(key, other))
        for key, inner in {**value, **missing}.items()
    }


def _is_finite_number(checker: TypeChecker, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _plugin(
    plugins: Plugins, validator: Any, rule: Settings, block: Any, _: Settings
) -> Errors:
    named = [rule["named"]] if "named" in rule else []
    name = block.get(*named) if named and isinstance(block, Mapping) else block
    if not isinstance(name, str):
        return
    try:
        facts = plugins[rule["kind"]].facts(name)
    except UnknownPluginError as error:
        yield ValidationError(str(error), path=named)
        return
    if facts.get("NEEDS_HYPERNETWORK") and "hypernetwork" not in block:
        yield ValidationError(f"{name!r} needs a 'hypernetwork'")
    if key := rule.get("options"):
        form = options_schema(facts)
        yield from validator.descend(block.get(key, {}), form, path=key)


def _id_of(config: Any, _: Any, section: str, name: Any, __: Settings) -> Errors:
    blocks = config.get(section)
    if isinstance(name, str) and isinstance(blocks, Mapping) and name not in blocks:
        yield ValidationError(undeclared(section, blocks, name))


def _pattern(_: Any, pattern: str, text: Any, __: Settings) -> Errors:
    # Python's `$` lets a newline at the end through.
    if isinstance(text, str) and not re.search(pattern.replace("$", r"\Z"), text):
        yield ValidationError(f"{text!r} does not match {pattern!r}")


def _multiple_of(_: Any, rule: Settings, block: Any, __: Settings) -> Errors:
    for key, divisor in rule.items() if isinstance(block, Mapping) else ():
        number, unit = block.get(key), block.get(divisor)
        if all(isinstance(n, int) and n > 0 for n in (number, unit)) and number % unit:
            message = f"{key} ({number}) is no multiple of {divisor} ({unit})"
            yield ValidationError(message)


def _mistakes_of(error: ValidationError) -> Iterator[Mistake]:
    if error.validator in ("oneOf", "anyOf") and error.context:
        for deeper in _nearest_form(error):
            yield from _mistakes_of(deeper)
        return
    found = repr(error.instance)
    message = error.message + _hint(error)
    if len(found) > _LONGEST_VALUE:
        message = message.replace(found, reprlib.repr(error.instance))
    if error.validator == "additionalProperties":
        keys = cast("Settings", error.schema).get("properties", {})
        message += f"; there are {', '.join(sorted(keys)) or 'none'}"
    yield tuple(error.absolute_path), message


def _hint(error: ValidationError) -> str:
    """Say how to write what YAML reads as something else."""
    found = error.instance
    if error.validator != "type":
        return ""
    if isinstance(found, str) and (number := _EXPONENT.fullmatch(found)):
        whole, decimals, sign, exponent = number.groups()
        written = f"{whole}.{decimals or 0}e{sign or '+'}{exponent}"
        return f"; YAML takes {found} for text, write {written}"
    if error.validator_value == "string" and isinstance(found, bool | int | float):
        return "; YAML takes it for no text, quote it"
    return ""


def _nearest_form(error: ValidationError) -> list[ValidationError]:
    """Return the mistakes against that one of several allowed forms that was meant.

    It has the value's type, most of its keys, and the fewest mistakes.
    """
    schemas = cast("list[Settings]", error.validator_value)
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
