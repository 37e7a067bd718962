"""Plug-ins by name: each is one module, and no list of them is kept anywhere.

A list would change whenever a plug-in is added, and with it the code version of every
job that imports the list. A plug-in is found by its file name instead, is imported only
when it is used, and says what the rest of the library must know about it in constants
that can be read without importing it (and so without loading torch).
"""

import ast
import functools
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from know.errors import KnowError

Entry = TypeVar("Entry")


class UnknownPluginError(KnowError, KeyError):
    """No plug-in has that name."""

    __str__ = ValueError.__str__


class Registry(Mapping[str, Entry], Generic[Entry]):
    """Plug-ins of one package: name -> entry, importing its module on access.

    The plug-in `log-fit` is the module `log_fit` of the package. Modules without the
    entry are helpers and not listed. `package.module:entry` names an entry of any other
    importable module, so that a user's own plug-in needs no change here.
    """

    def __init__(self, package: str, *, kind: str, entry: str | None = None) -> None:
        """Look for plug-ins in `package`.

        Args:
            package: dotted name of the package that holds the modules.
            kind: name of a plug-in, with its article, for messages: "a predictor".
            entry: name of the object in each module that the registry hands out; by
                default each module's own name.
        """
        self.package = package
        self.kind = kind
        self.entry = entry

    def __getitem__(self, name: str) -> Entry:
        """Import the module of `name` and return its entry."""
        module = importlib.import_module(self.module_of(name))
        own, _, given = name.partition(":")
        entry: Entry = getattr(module, given or self.entry or _identifier(own))
        return entry

    def __contains__(self, name: object) -> bool:
        """Tell whether `name` is a plug-in of the package."""
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        """List the names of the package's plug-ins in alphabetical order."""
        return iter(self._files)

    def __len__(self) -> int:
        """Count the package's plug-ins."""
        return len(self._files)

    def module_of(self, name: str) -> str:
        """Dotted name of the plug-in's module; UnknownPluginError if there is none."""
        return self._located(name)[0]

    def facts(self, name: str) -> dict[str, Any]:
        """Return the literal constants in capitals that the plug-in's module states.

        The module is read, not imported; UnknownPluginError if there is none.
        """
        return _constants(self._located(name)[1])

    def summary(self, name: str) -> str:
        """First line of the docstring of the plug-in's module, not importing it."""
        text = ast.get_docstring(ast.parse(self._located(name)[1].read_text())) or ""
        return text.partition("\n")[0]

    def _located(self, name: str) -> tuple[str, Path]:
        files, (module, colon, entry) = self._files, name.partition(":")
        if name in files:
            return f"{self.package}.{_identifier(name)}", files[name]
        if not colon:
            raise UnknownPluginError(
                f"wanted {self.kind}, one of {', '.join(self)}, or package.module:name "
                f"of your own; got {name!r}"
            )
        try:
            return module, _file_of(module, entry)
        except Exception as error:  # Its package may raise anything.
            raise UnknownPluginError(
                f"wanted {self.kind}; {name!r} cannot be imported: {error}"
            ) from error

    @functools.cached_property
    def _files(self) -> dict[str, Path]:
        """File of each plug-in by its name."""
        package = importlib.import_module(self.package)
        modules = {
            path.stem.replace("_", "-"): path
            for folder in package.__path__
            for path in Path(folder).glob("*.py")
            if (self.entry or path.stem) in _definitions(path)
        }
        return dict(sorted(modules.items()))


def _identifier(name: str) -> str:
    return name.replace("-", "_")


def _file_of(module: str, entry: str) -> Path:
    spec = importlib.util.find_spec(module)
    # Python's own modules, such as `os`, may have no file.
    if not (spec and spec.origin and spec.has_location):
        raise ImportError(f"there is no file of a module {module!r}")
    file = Path(spec.origin)
    if entry not in _definitions(file):
        raise ImportError(f"{module} defines no {entry!r}")
    return file


@functools.cache
def _definitions(file: Path) -> dict[str, ast.AST]:
    """Functions, classes and variables that a module defines, the latter's values."""
    found: dict[str, ast.AST] = {}
    for node in ast.parse(file.read_text()).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = node
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                found[name] = value
    return found


@functools.cache
def _constants(file: Path) -> dict[str, Any]:
    constants = {}
    for name, value in _definitions(file).items():
        if name.isupper() and isinstance(value, ast.expr):
            with suppress(ValueError):
                constants[name] = ast.literal_eval(value)
    return constants
