"""What is read from files cannot run: no pickles, no YAML objects, no shell."""

import ast
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.places import ROOT
from tests.stack import model_file

SOURCES = [path for folder in ("bot", "tools") for path in sorted((ROOT / folder).rglob("*.py"))]
PICKLES = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "jsonpickle", "cloudpickle"}
RUNNING = {("yaml", "unsafe_load"), ("os", "system"), ("os", "popen")}


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_code_runs_what_it_reads(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert PICKLES & set(_imports(tree)) == set()
    for call in _calls(tree):
        given = {word.arg: ast.unparse(word.value) for word in call.keywords}
        assert given.get("shell") in (None, "False")
        assert given.get("allow_pickle") in (None, "False")
        if isinstance(call.func, ast.Name):
            assert call.func.id not in ("eval", "exec")
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            assert (call.func.value.id, call.func.attr) not in RUNNING
    assert not re.search(
        r"\b(?:(?:Unsafe|Full|CUnsafe|CFull)Loader|yaml\.C?Loader)\b", ast.unparse(tree)
    )


@pytest.mark.stack
def test_a_trained_model_holds_no_pickle() -> None:
    with tarfile.open(model_file()) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
        assert names
        for member in archive.getmembers():
            content = archive.extractfile(member)
            if content is None:
                continue
            assert not content.read(2).startswith(b"\x80"), member.name
            if member.name.endswith(".npz"):
                content.seek(0)
                with zipfile.ZipFile(content) as arrays:
                    for name in arrays.namelist():
                        assert b"'descr': '|O'" not in arrays.read(name)[:200], name
    assert [name for name in names if Path(name).suffix in (".pkl", ".joblib", ".pickle")] == []
