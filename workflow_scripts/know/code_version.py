"""Digest of the code a workflow script runs, for Snakemake's `params`.

Snakemake reruns a rule when its script file is touched, but does not see the modules
that script imports. This digest covers the script's imports within the package, at any
depth, and leaves out what cannot change a number: comments, layout and docstrings.
"""

import ast
import functools
import hashlib
import importlib.util
import os
from pathlib import Path


def import_from(root: Path) -> None:
    """Have the processes that this one starts import the package from `root` first.

    A job would else import the checkout that its environment has installed, which need
    not be the one whose digest `code_version` took.
    """
    others = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), others]))


def code_version(script: Path, *, also: tuple[str, ...] = ()) -> str:
    """Digest of `script` and of every module of the package that it imports.

    Args:
        script: a workflow script; its folder is the root of the imports followed.
        also: dotted names of further modules that the script loads by name, such as
            the one method of a registry that a job uses.

    Returns:
        Twelve hexadecimal digits.
    """
    root = script.parent
    waiting = [script, *(file for name in also for file in _plugin_files(root, name))]
    seen: dict[Path, str] = {}
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen[module], imported = _parsed(root, module)
            waiting += imported
    lines = sorted(f"{_label(root, path)} {code}" for path, code in seen.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def _plugin_files(root: Path, name: str) -> list[Path]:
    """Files of a module of the package, or of one that is installed elsewhere."""
    if files := _files_of(root, name):
        return files
    spec = importlib.util.find_spec(name)
    return [Path(spec.origin)] if spec and spec.origin else []


def _label(root: Path, path: Path) -> str:
    """Name of a file in the digest, the same wherever the checkout lies."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


@functools.cache
def _parsed(root: Path, module: Path) -> tuple[str, tuple[Path, ...]]:
    """Code of `module` as a digest, and the files of the package it imports."""
    tree = ast.parse(module.read_text())
    imported = tuple(_imported_files(tree, root))
    code = ast.dump(_WithoutDocstrings().visit(tree))
    return hashlib.sha256(code.encode()).hexdigest(), imported


def _imported_files(tree: ast.Module, root: Path) -> list[Path]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return [file for name in names for file in _files_of(root, name)]


def _files_of(root: Path, name: str) -> list[Path]:
    """The module `name`, and the packages around it, which run before it."""
    parts = name.split(".")
    candidates = [root.joinpath(*parts).with_suffix(".py")]
    candidates += [
        root.joinpath(*parts[: depth + 1], "__init__.py") for depth in range(len(parts))
    ]
    return [file for file in candidates if file.is_file()]


class _WithoutDocstrings(ast.NodeTransformer):
    """Removes strings that stand alone, which are words for readers."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        match node.value:
            case ast.Constant(value=str()):
                return None
        return node
