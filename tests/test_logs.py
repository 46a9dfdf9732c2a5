"""Log lines: their form, their fields, and what never gets into them."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from bot import logs
from bot.places import ROOT
from bot.request_ids import identified

CANARY = "Quillfeather"
KEYS = ["at", "level", "logger", "message"]


class Kept(logging.Handler):
    """Keeps the lines that a formatter makes of what is logged."""

    def __init__(self, form: logs.Form) -> None:
        super().__init__()
        self.setFormatter(logs.FORMS[form]())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(params=["text", "json"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    """What is logged at any level, in either form."""
    handler = Kept(request.param)
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


def written(form: logs.Form, log: logging.Logger, level: int, *said: object, **more: object) -> str:
    """The one line that a call of `log` makes."""
    handler = Kept(form)
    log.addHandler(handler)
    try:
        log.log(level, *said, **more)  # type: ignore[arg-type]
    finally:
        log.removeHandler(handler)
    (line,) = handler.lines
    return line


def test_a_json_line_has_the_keys_and_the_fields() -> None:
    log = logging.getLogger("bot.gateway.turns")
    with identified("abc123"):
        told = logs.fields(outcome="answered", ms=12.5, seq=None)
        line = json.loads(written("json", log, logging.WARNING, "turn %s", "ended", extra=told))
    assert list(line) == [*KEYS, "request_id", "outcome", "ms"]
    assert line["at"].endswith("Z")
    del line["at"]
    assert line == {
        "level": "WARNING", "logger": "bot.gateway.turns", "message": "turn ended",
        "request_id": "abc123", "outcome": "answered", "ms": 12.5,
    }  # fmt: skip


def test_a_text_line_is_one_line_for_people() -> None:
    log = logging.getLogger("bot.gateway.turns")
    line = written("text", log, logging.ERROR, "two\nlines", extra=logs.fields(a=1, b=None))
    assert line.endswith(" ERROR bot.gateway.turns: two lines a=1")


def test_an_exception_is_its_type_and_place(kept: Kept) -> None:
    try:
        raise ValueError(f"bad name {CANARY}")
    except ValueError:
        logging.getLogger("bot.x").exception("failed")
    (line,) = kept.lines
    assert "ValueError" in line
    assert "test_an_exception_is_its_type_and_place" in line
    assert CANARY not in line


def test_an_error_of_the_system_says_which(kept: Kept) -> None:
    try:
        raise FileNotFoundError(2, "No such file", f"/{CANARY}")
    except OSError:
        logging.getLogger("bot.x").exception("failed")
    assert "FileNotFoundError ENOENT" in kept.lines[0]
    assert CANARY not in kept.lines[0]


def test_what_libraries_say_is_left_out(kept: Kept) -> None:
    for name in ("asyncio", "aiohttp.server", "sqlalchemy.engine", "botanical", "py.warnings"):
        logging.getLogger(name).error("Task exception was never retrieved: %s", CANARY)
    assert len(kept.lines) == 5
    assert all("test_logs.test_what_libraries_say_is_left_out" in line for line in kept.lines)
    assert CANARY not in "".join(kept.lines)


RUN = """
import asyncio, logging, sys, threading, warnings
from bot.logs import set_up
set_up(sys.argv[1], sys.argv[2])
log = logging.getLogger("bot.somewhere")
for level in ("debug", "info", "warning"):
    getattr(log, level)("at %s", level)
logging.getLogger("aiohttp").info("a library")
warnings.warn("Quillfeather")
async def lost():
    raise ValueError("Quillfeather")
async def main():
    task = asyncio.create_task(lost())
    await asyncio.sleep(0.01)
    del task
asyncio.run(main())
thread = threading.Thread(target=lambda: int("Quillfeather"))
thread.start()
thread.join()
raise KeyError("Quillfeather")
"""


def run(level: str, form: str) -> list[str]:
    """What a process prints that fails in every way."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, level, form], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_whole_process_says_nothing_of_anybody(form: str) -> None:
    lines = run("DEBUG", form)
    assert CANARY not in "".join(lines)
    told = "\n".join(lines)
    for part in (
        "at debug",
        "at info",
        "at warning",
        "uncaught in a thread",
        "asyncio",
        "KeyError",
    ):
        assert part in told
    assert "a library" not in told
    if form == "json":
        assert all(list(json.loads(line))[: len(KEYS)] == KEYS for line in lines)
    assert len(lines) == 7, "one line an entry"


def test_the_level_is_that_of_our_own_lines() -> None:
    told = "\n".join(run("WARNING", "text"))
    assert "at warning" in told
    assert "at info" not in told


def test_a_wrong_setting_ends_a_service_with_its_name() -> None:
    for module in ("bot.gateway", "bot.actions.server"):
        done = subprocess.run(
            [sys.executable, "-m", module], cwd=ROOT, capture_output=True, text=True, check=False,
            env={"WILLCALL_PORT": "eighty", "PATH": ""},
        )  # fmt: skip
        assert done.returncode == 1
        assert "WILLCALL_PORT" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_conversation_is_told_by_a_digest() -> None:
    assert logs.conversation_digest("abc") == "ba7816bf"


def test_threads_have_the_hook_of_the_process() -> None:
    """The hook keeps exceptions of threads quiet; it takes what Python gives it."""
    given = threading.ExceptHookArgs((ValueError, None, None, None))
    handler = Kept("text")
    logging.getLogger("bot").addHandler(handler)
    try:
        logs._uncaught_in_thread(given)
    finally:
        logging.getLogger("bot").removeHandler(handler)
    assert "ValueError" in handler.lines[0]
