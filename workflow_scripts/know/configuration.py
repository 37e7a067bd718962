"""Configs and run sheets: read, merged, checked and completed."""

import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from know.errors import KnowError, raise_all
from know.schema import (
    Mistake,
    Place,
    Plugins,
    Settings,
    line_of,
    mistakes,
    undeclared,
    with_defaults,
)
from know.sheets import read_sheet, read_text

_OF_A_TABLE = ("runs", "pretraining", "forgetting", "horizons")
_OF_THE_LANDSCAPE = ("pretraining", "forgetting")
"""Settings of the whole config that a table, or Figure 3, may replace in part."""
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
    found = list(mistakes(blocks.config, schema, plugins, blocks.config))
    problems = [
        line_of((place or ("config",), message))
        for place, message in found
        if not any(above in found for above in blocks.above(place, message))
    ]
    raise_all(problems, "the config is wrong")
    full = {key: value for key, value in blocks.config.items() if key != "recipes"}
    own = {key: full[key] for key in _OF_A_TABLE}
    full["tables"] = {id: merged(own, table) for id, table in full["tables"].items()}
    own = {key: full[key] for key in _OF_THE_LANDSCAPE}
    full["landscape"] = merged(own, full["landscape"])
    return cast("dict[str, Any]", with_defaults(full, schema))


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
        self.recipes = with_defaults(recipes, form) if is_mapping else {}
        self.config = {key: self._inner((key,), v) for key, v in self.config.items()}

    def above(self, place: Place, message: str) -> Iterator[Mistake]:
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
            return self._refused(own, f"{place}: {undeclared(section, blocks, other)}")
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
            wanted = undeclared("recipes", self.recipes, name)
            return self._refused(block, f"{path}: {wanted}")
        self.origins[place] = ("recipes", name)
        recipe = self.recipes[name]
        return merged(recipe, block) if isinstance(recipe, Mapping) else block

    def _refused(self, block: Any, problem: str) -> Any:
        if problem not in self.problems:
            self.problems.append(problem)
        return block


def _with_predictors(methods: Settings) -> dict[str, Any]:
    """Give methods that say nothing else the predictor of their own name."""
    return {
        name: {"predictor": name, **method}
        if isinstance(method, Mapping) and not _DEFINES_A_METHOD & method.keys()
        else method
        for name, method in methods.items()
    }


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
        problems += [line_of(m, within=f"line {line}") for m in mistakes(row, schema)]
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
