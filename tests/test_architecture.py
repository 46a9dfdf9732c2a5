"""Imports point one way, rules are pure, and each foreign thing has one place that touches it.

Everything is read with `ast`: nothing is imported, so that code for the other environment counts
like the rest.
"""

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What each part of `bot` may import besides itself and the standard library. A dotted name allows
# what lies below it; a part that is not listed here fails the tests until it is given a place.
ALLOWED: dict[str, frozenset[str]] = {
    part: frozenset(names.split())
    for part, names in {
        # Pure rules and texts.
        "bot.pharmacy": "yaml rapidfuzz py3langid",
        "bot.wording": "bot.pharmacy yaml",
        "bot.directives": "pydantic",
        # Records, and one use case a function.
        "bot.storage": "sqlalchemy alembic aiosqlite psycopg",
        "bot.services": """
            bot.storage bot.pharmacy bot.wording bot.directives bot.stopwatch
            sqlalchemy rapidfuzz argon2 pyotp cryptography
        """,
        # What joins them.
        "bot.settings": """
            bot.settings_sources bot.settings_values bot.secret_files pydantic pydantic_settings
        """,
        "bot.settings_values": "sqlalchemy",
        "bot.settings_sources": "bot.secret_files pydantic pydantic_settings",
        "bot.secret_files": "",
        "bot.health": "",
        "bot.bootstrap": "bot.settings bot.services bot.storage bot.pharmacy",
        "bot.logs": "bot.request_ids",
        "bot.request_ids": "",
        "bot.stopwatch": "",
        "bot.supervised": "",
        "bot.places": "",
        # Makes models and tests them; the training itself is another process.
        "bot.teaching": """
            bot.bootstrap bot.places bot.services bot.pharmacy yaml sqlalchemy.exc
        """,
        # The edges.
        "bot.gateway": """
            bot.bootstrap bot.places bot.teaching bot.services bot.feed bot.pharmacy
            bot.wording bot.directives bot.logs bot.request_ids bot.stopwatch bot.supervised
            aiohttp pydantic prometheus_client limits redis.exceptions sqlalchemy.exc
        """,
        "bot.actions": """
            bot.bootstrap bot.services bot.pharmacy bot.wording bot.directives bot.logs
            bot.request_ids bot.stopwatch bot.supervised aiohttp prometheus_client rasa_sdk
            sqlalchemy.exc sqlalchemy.ext.asyncio
        """,
        "bot.feed": "bot.services bot.pharmacy pydantic pydantic_core yaml",
        "bot.cli": """
            bot.bootstrap bot.settings bot.places bot.teaching bot.services bot.feed
            bot.pharmacy bot.logs bot.secret_files honcho requests sqlalchemy.exc
        """,
        # Rasa's environment: nothing of the rest but the watch on the supervisor, and the pure
        # rules, because the second net weighs the red-flag screen with the meaning.
        "bot.nlu": """
            bot.supervised bot.pharmacy bot.places bot.request_ids bot.secret_files
            rasa numpy scipy sklearn onnx onnxruntime safetensors tokenizers structlog sanic
            aiohttp jsonschema threadpoolctl
        """,
    }.items()
}

# Edges that reach past the services into the storage. This list may only shrink.
KNOWN_SHORTCUTS = {
    ("bot/cli/records.py", "bot.storage.schema"),  # migrations
    ("bot/cli/talk.py", "bot.storage.conversations"),  # a row as a type
    ("bot/feed/intake.py", "bot.storage.record_tables"),  # keys and columns
}

# Parts that take the time as an argument.
TIMELESS = ("bot/pharmacy", "bot/wording", "bot/storage", "bot/services", "bot/directives.py")
CLOCKS = {
    *(("datetime", name) for name in ("now", "utcnow", "today")),
    ("date", "today"),
    *(("time", name) for name in ("time", "monotonic", "perf_counter")),
}

# What runs in Rasa's environment for the evaluation and for tests.
STOCK_RASA = {
    "bench/engines/stock.py",
    "tests/nlu/many_senders.py",
    "tests/nlu/stock_and_ours.py",
}
RASA_CHANNEL = "bot/gateway/rasa_client.py"


def sources(folder: str = "bot") -> list[Path]:
    """The Python files below a folder of the project, or the one file."""
    place = ROOT / folder
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def name_of(path: Path) -> str:
    """`bot/gateway/app.py`."""
    return path.relative_to(ROOT).as_posix()


def part_of(path: Path) -> str:
    """The part of `bot` that a file belongs to: `bot.gateway`, `bot.settings`."""
    pieces = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(pieces[:2])


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions, by its full name."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                below = f"{module}.{alias.name}"
                yield below if is_module(below) else module


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def is_below(module: str, parent: str) -> bool:
    return module == parent or module.startswith(f"{parent}.")


def is_allowed(path: Path, module: str) -> bool:
    if module == "bot" or module.split(".", 1)[0] in sys.stdlib_module_names:
        return True
    part = part_of(path)
    return any(is_below(module, name) for name in (part, *ALLOWED[part]))


PATHS = [path for path in sources() if path != ROOT / "bot" / "__init__.py"]


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    assert part_of(path) in ALLOWED, f"{part_of(path)} has no place in the architecture yet"
    wrong = {
        module
        for module in imported(path)
        if not is_allowed(path, module) and (name_of(path), module) not in KNOWN_SHORTCUTS
    }
    assert wrong == set(), f"{name_of(path)} may not import this"


def test_the_known_shortcuts_are_still_taken() -> None:
    taken = {(name_of(path), module) for path in PATHS for module in imported(path)}
    assert KNOWN_SHORTCUTS - taken == set(), "gone: take these off the list"


def test_the_parts_have_an_order() -> None:
    """No two parts may need each other: the table itself has no circle."""
    graph = {
        part: {name for name in names if name.startswith("bot.")} for part, names in ALLOWED.items()
    }
    assert set(TopologicalSorter(graph).static_order()) == set(ALLOWED)


@pytest.mark.parametrize(("package", "home"), [("rasa", "bot/nlu"), ("rasa_sdk", "bot/actions")])
def test_rasa_stays_in_its_place(package: str, home: str) -> None:
    everywhere = [path for folder in ("bot", "tests", "tools", "bench") for path in sources(folder)]
    users = {
        name_of(path)
        for path in everywhere
        if any(is_below(module, package) for module in imported(path))
    }
    assert users, f"nothing imports {package} any more"
    assert {user for user in users if not user.startswith(f"{home}/")} <= STOCK_RASA


def test_only_one_module_speaks_on_rasas_channel() -> None:
    speakers = {
        name_of(path)
        for path in PATHS
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "/webhooks/" in node.value
    }
    assert speakers == {RASA_CHANNEL}


def test_only_services_write_events_and_owners() -> None:
    """The event log has one writer: nothing else builds an event or sets the owner."""
    writers = {name_of(path) for path in PATHS if set(_event_writes(tree_of(path)))}
    # The first owner of a conversation is set where it is opened.
    assert writers == {"bot/services/event_log.py"}


def _event_writes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Event":
                yield "an event"
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in ("owner", "last_seq"):
                    yield target.attr


@pytest.mark.parametrize("folder", TIMELESS)
def test_time_is_an_argument(folder: str) -> None:
    readers = {name_of(path) for path in sources(folder) if _reads_a_clock(tree_of(path))}
    assert readers == set()


def _reads_a_clock(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.func.attr) in CLOCKS:
                return True
    return False
