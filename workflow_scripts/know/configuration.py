"""Configs and run sheets: merged, completed, and checked against their schemas."""

import copy
import math
import re
import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.validators import extend

from know.errors import KnowError, raise_all
from know.registry import Registry, UnknownPluginError
from know.sheets import read_sheet, read_text

Settings = Mapping[str, Any]
Plugins = Mapping[str, Registry[Any]]
Place = tuple[str | int, ...]
"""Keys that lead to a value in a config."""

_OF_A_TABLE = ("runs", "pretraining", "forgetting", "horizons")
_OF_THE_LANDSCAPE = ("pretraining", "forgetting")
"""Settings of the whole config that a table, or Figure 3, may replace in part."""
_EXPONENT = re.compile(r"([-+]?\d+)(?:\.(\d*))?[eE]([-+]?)(\d+)")
_LONGEST_VALUE = 60
"""Characters of a value that a message shows whole."""
_DEFINES_A_METHOD = {"weights", "predictor", "fit", "control", "select", "like"}


def default_config_files(folder: Path) -> list[Path]:
    """List the files of the embedded default in `config/`, the shared one first."""
    return [folder / "config.yaml", *sorted((folder / "default").glob("*.yaml"))]


def read_config(folder: Path, *overlays: Path) -> dict[str, Any]:
    """Merge the embedded default and overlays, as Snakemake's `--configfile` does.

    Args:
        folder: the folder `config/`.
        overlays: config files, each laid over those before it.

    Raises:
        KnowError: if a file is missing or is not YAML.
    """
    config: dict[str, Any] = {}
    for path in (*default_config_files(folder), *overlays):
        config = merged(config, read_config_file(path))
    return config


def read_config_file(path: Path) -> dict[str, Any]:
    """Read one config file; KnowError if it is missing or holds no YAML mapping."""
    try:
        found = yaml.safe_load(read_text(path)) or {}
    # A date such as 2026-13-01 is a ValueError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise KnowError(f"{path} cannot be read as a config: {error}") from error
    if not isinstance(found, dict):
        raise KnowError(
            f"{path} cannot be read as a config: wanted keys with values, found "
            f"{reprlib.repr(found)}"
        )
    return found


class _Dumper(yaml.CSafeDumper):
    """Writes a value that stands in several places in each of them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(value: Any) -> str:
    """Write plain values as YAML, innermost lists and mappings on one line."""
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=None, sort_keys=False, width=88
    )
    return str(text.removesuffix("...\n"))


def read_schema(folder: Path, name: str) -> dict[str, Any]:
    """Read one of the JSON schemas in `folder`, which is `config/`."""
    schema: dict[str, Any] = yaml.safe_load(
        (folder / "schemas" / f"{name}.yaml").read_text()
    )
    return schema


def merged(below: Settings, above: Settings) -> dict[str, Any]:
    """Lay settings over others: mappings are merged, any other value is replaced."""
    both = dict(below)
    for key, value in above.items():
        is_deeper = isinstance(value, Mapping) and isinstance(below.get(key), Mapping)
        both[key] = merged(below[key], value) if is_deeper else value
    return both


def complete(config: Settings, schema: Settings, plugins: Plugins) -> dict[str, Any]:
    """Check a merged config, and spell out what it leaves to others to say.

    - `like: other` in a block takes what the block does not say itself from another
      block of the same section.
    - `recipe: name` in a training does the same with a block of `recipes`.
    - A method that says nothing else uses the predictor of its own name.
    - Tables and Figure 3 take what they do not say from the whole config.
    - Whatever is still missing gets its default from the schema.

    Args:
        config: the merged config files.
        schema: JSON schema of the config.
        plugins: registries, by the names that the schema gives them.

    Returns:
        The config without `like`, `recipe` and `recipes`.

    Raises:
        KnowError: naming every unknown name; or else every mistake against the schema.
    """
    blocks = _NamedBlocks(config, schema)
    raise_all(blocks.problems, "the config names what it does not have")
    mistakes = list(_mistakes(blocks.config, schema, plugins, blocks.config))
    inherited = [m for m in mistakes if any(b in mistakes for b in blocks.above(*m))]
    problems = [_line(*mistake) for mistake in mistakes if mistake not in inherited]
    raise_all(problems, "the config is wrong")
    full = {key: value for key, value in blocks.config.items() if key != "recipes"}
    own = {key: full[key] for key in _OF_A_TABLE}
    full["tables"] = {id: merged(own, table) for id, table in full["tables"].items()}
    own = {key: full[key] for key in _OF_THE_LANDSCAPE}
    full["landscape"] = merged(own, full["landscape"])
    return cast("dict[str, Any]", _with_defaults(full, schema))


class _NamedBlocks:
    """A config in which the names of other blocks are replaced by what these say.

    Nothing is assumed about the config's form, which is checked afterwards.
    """

    def __init__(self, config: Settings, schema: Settings) -> None:
        self.problems: list[str] = []
        self.origins: dict[Place, Place] = {}
        self.config: dict[str, Any] = {"recipes": {}, **config}
        if isinstance(methods := config.get("methods"), Mapping):
            self.config["methods"] = _with_predictors(methods)
        self.config = {
            section: {name: self._block(section, name) for name in blocks}
            if isinstance(blocks, Mapping)
            else blocks
            for section, blocks in self.config.items()
        }
        recipes = self.config["recipes"]
        form = schema["properties"]["recipes"]
        is_mapping = isinstance(recipes, Mapping)
        self.recipes = _with_defaults(recipes, form) if is_mapping else {}
        self.config = {key: self._inner((key,), v) for key, v in self.config.items()}

    def above(self, place: Place, message: str) -> Iterator[tuple[Place, str]]:
        """Yield the same mistake in the blocks that this place takes values from."""
        for end in range(len(place) + 1):
            if origin := self.origins.get(place[:end]):
                yield (*origin, *place[end:]), message

    def _block(self, section: str, name: str, *followers: str) -> Any:
        blocks = self.config[section]
        block = blocks[name]
        if not isinstance(block, Mapping) or "like" not in block:
            return block
        own = {key: value for key, value in block.items() if key != "like"}
        other, place = block["like"], f"{section}.{name}.like"
        if other in (name, *followers):
            return self._refused(own, f"{place}: it leads back to {other!r}")
        if not (isinstance(other, str) and other in blocks):
            return self._refused(own, f"{place}: {_wanted(section, blocks, other)}")
        self.origins[section, name] = (section, other)
        # What is no block has a mistake of its own.
        below = self._block(section, other, name, *followers)
        return merged(below, own) if isinstance(below, Mapping) else own

    def _inner(self, place: Place, value: Any) -> Any:
        """Return a value with the recipes of the trainings in it."""
        if not isinstance(value, Mapping):
            return value
        block = {key: self._inner((*place, key), v) for key, v in value.items()}
        if "recipe" not in block:
            return block
        name = block.pop("recipe")
        if not (isinstance(name, str) and name in self.recipes):
            path = ".".join(str(part) for part in (*place, "recipe"))
            wanted = _wanted("recipes", self.recipes, name)
            return self._refused(block, f"{path}: {wanted}")
        self.origins[place] = ("recipes", name)
        recipe = self.recipes[name]
        return merged(recipe, block) if isinstance(recipe, Mapping) else block

    def _refused(self, block: Any, problem: str) -> Any:
        if problem not in self.problems:
            self.problems.append(problem)
        return block


def _wanted(section: str, blocks: Settings, found: Any) -> str:
    return f"wanted one of {section} ({', '.join(blocks)}), found {found!r}"


def _with_predictors(methods: Settings) -> dict[str, Any]:
    """Give methods that say nothing else the predictor of their own name."""
    return {
        name: {"predictor": name, **method}
        if isinstance(method, Mapping) and not _DEFINES_A_METHOD & method.keys()
        else method
        for name, method in methods.items()
    }


def _with_defaults(value: Any, schema: Settings) -> Any:
    """Return a value with the defaults of its schema, at any depth."""
    if isinstance(value, list) and "items" in schema:
        return [_with_defaults(item, schema["items"]) for item in value]
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
        key: _with_defaults(inner, forms.get(key, other))
        for key, inner in {**value, **missing}.items()
    }


def _is_finite_number(checker: TypeChecker, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _validator(schema: Settings, plugins: Plugins, config: Settings) -> Any:
    """Return a validator that knows plug-ins and the ids that a config declares.

    Its keyword `id_of: tasks` says which section declares an id.
    Its keyword `plugin: {kind: predictor, named: predictor, options: options}` says
    which key of a block names a plug-in, and which one, if any, holds the options that
    the plug-in's module states. Without `named`, the value is itself the name.
    Its keyword `multiple_of: {width: heads}` says which number is a multiple of which.
    """

    def check(
        validator: Any, rule: Settings, block: Any, _: Settings
    ) -> Iterator[ValidationError]:
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
            form = {
                "type": "object",
                "additionalProperties": False,
                "properties": facts.get("OPTIONS", {}),
                "required": list(facts.get("REQUIRED_OPTIONS", ())),
            }
            yield from validator.descend(block.get(key, {}), form, path=key)

    def declared(
        _: Any, section: str, name: Any, __: Settings
    ) -> Iterator[ValidationError]:
        blocks = config.get(section)
        if isinstance(name, str) and isinstance(blocks, Mapping) and name not in blocks:
            yield ValidationError(_wanted(section, blocks, name))

    def matches(
        _: Any, pattern: str, text: Any, __: Settings
    ) -> Iterator[ValidationError]:
        # Python's `$` lets a newline at the end through.
        if isinstance(text, str) and not re.search(pattern.replace("$", r"\Z"), text):
            yield ValidationError(f"{text!r} does not match {pattern!r}")

    def is_multiple(
        _: Any, rule: Settings, block: Any, __: Settings
    ) -> Iterator[ValidationError]:
        for key, divisor in rule.items() if isinstance(block, Mapping) else ():
            numbers = block.get(key), block.get(divisor)
            if all(isinstance(n, int) and n > 0 for n in numbers) and (
                block[key] % block[divisor]
            ):
                message = f"{key} ({numbers[0]}) is no multiple of {divisor} ("
                yield ValidationError(f"{message}{numbers[1]})")

    # YAML can write NaN and infinity, which pass every bound of a schema.
    numbers = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_finite_number)
    kind = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        validators={
            "plugin": check,
            "id_of": declared,
            "pattern": matches,
            "multiple_of": is_multiple,
        },
        type_checker=numbers,
    )
    return kind(schema)


def _mistakes(
    value: Any, schema: Settings, plugins: Plugins, config: Settings
) -> Iterator[tuple[Place, str]]:
    errors = _validator(schema, plugins, config).iter_errors(value)
    for error in sorted(errors, key=lambda e: [str(p) for p in e.absolute_path]):
        yield from _mistakes_of(error)


def _mistakes_of(error: ValidationError) -> Iterator[tuple[Place, str]]:
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


def _line(path: Place, message: str, *, within: str = "") -> str:
    where = " ".join(filter(None, [within, ".".join(str(part) for part in path)]))
    return f"{where or 'config'}: {message}"


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


def read_runs(path: Path, schema: Settings) -> list[dict[str, Any]]:
    """Read a run sheet, a table as `know.sheets` reads it.

    Columns that the schema of a row calls numbers are read as numbers.

    Raises:
        KnowError: if there is no such sheet or no row, or naming every mistake in it.
    """
    columns = schema["properties"]
    numeric = {c for c in columns if columns[c].get("type") in ("integer", "number")}
    numbered = read_sheet(path, schema["required"], wanted="a run sheet")
    problems, rows = [], []
    for line, cells in numbered:
        row = {
            c: _number(cell) if c in numeric else cell
            for c, cell in cells.items()
            if cell or c in schema["required"]
        }
        mistakes = _mistakes(row, schema, {}, {})
        problems += [_line(*mistake, within=f"line {line}") for mistake in mistakes]
        rows.append(row)
    raise_all(problems, f"{path} cannot be used as a run sheet")
    return rows


def _number(text: str) -> int | float | str:
    """The number that a cell holds, or the cell, for the schema to refuse."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
