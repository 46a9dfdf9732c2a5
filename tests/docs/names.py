"""Finds what a page names in the code, without importing it: `bot.services.turns.answer`."""

import ast
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.docs.pages import ROOT


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or something that a module defines."""
    pieces = name.split(".")
    for length in range(len(pieces), 0, -1):
        module = _module(pieces[:length])
        if module is not None:
            return _defines(_tree(module).body, pieces[length:])
        if ROOT.joinpath(*pieces[:length]).is_dir():
            return length == len(pieces)
    return False


def _module(pieces: Sequence[str]) -> Path | None:
    place = ROOT.joinpath(*pieces)
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _defines(body: Sequence[ast.stmt], pieces: Sequence[str]) -> bool:
    if not pieces:
        return True
    for node in body:
        if pieces[0] in _names(node):
            return len(pieces) == 1 or (
                isinstance(node, ast.ClassDef) and _defines(node.body, pieces[1:])
            )
    return False


def _names(node: ast.stmt) -> set[str]:
    """The names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign | ast.TypeAlias):
        target = node.target if isinstance(node, ast.AnnAssign) else node.name
        return {target.id} if isinstance(target, ast.Name) else set()
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    return set()
