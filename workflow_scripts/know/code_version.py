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
import sys
from collections.abc import Sequence
from pathlib import Path


def import_from(root: Path) -> None:
    """Have this process and those that it starts import from the folder `root` first.

    A job would else import the checkout that its environment has installed, which need
    not be the one whose digest `code_version` took; and no module of the user's.
    """
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(root) not in others:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), *others]))


def code_version(
    script: Path, *, also: tuple[str, ...] = (), roots: Sequence[Path] = ()
) -> str:
    """Digest of `script` and of every module of the package that it imports.

    Args:
        script: a workflow script; its folder is the root of the imports followed.
        also: dotted names of further modules that the script loads by name, such as
            the one method of a registry that a job uses.
        roots: further folders whose modules' imports are followed.

    Returns:
        Twelve hexadecimal digits.
    """
    folders = (script.parent, *roots)
    files = (file for name in also for file in _plugin_files(folders, name))
    waiting = [script, *files]
    seen: dict[Path, str] = {}
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen[module], imported = _parsed(folders, module)
            waiting += imported
    lines = sorted(f"{_label(folders, path)} {code}" for path, code in seen.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def _plugin_files(roots: Sequence[Path], name: str) -> list[Path]:
    """Files of a module below the roots, or of one that is installed elsewhere."""
    if files := _files_of(roots, name):
        return files
    spec = importlib.util.find_spec(name)
    return [Path(spec.origin)] if spec and spec.origin else []


def _label(roots: Sequence[Path], path: Path) -> str:
    """Name of a file in the digest, the same wherever the checkout lies."""
    within = (path.relative_to(root) for root in roots if path.is_relative_to(root))
    return str(next(within, path.name))


@functools.cache
def _parsed(roots: tuple[Path, ...], module: Path) -> tuple[str, tuple[Path, ...]]:
    """Code of `module` as a digest, and the files of the package it imports."""
    tree = ast.parse(module.read_text())
    imported = tuple(_imported_files(tree, roots))
    code = ast.dump(_WithoutDocstrings().visit(tree))
    return hashlib.sha256(code.encode()).hexdigest(), imported


def _imported_files(tree: ast.Module, roots: Sequence[Path]) -> list[Path]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return [file for name in names for file in _files_of(roots, name)]


def _files_of(roots: Sequence[Path], name: str) -> list[Path]:
    """The module `name`, and the packages around it, which run before it."""
    parts = name.split(".")
    ends = [[*parts[:-1], f"{parts[-1]}.py"]]
    ends += [[*parts[: depth + 1], "__init__.py"] for depth in range(len(parts))]
    candidates = (root.joinpath(*end) for root in roots for end in ends)
    return [file for file in candidates if file.is_file()]


class _WithoutDocstrings(ast.NodeTransformer):
    """Removes strings that stand alone, which are words for readers."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        match node.value:
            case ast.Constant(value=str()):
                return None
        return node
