"""Logging: to standard error, one line an entry, without anything that a patient wrote.

A line says when, how serious, who logs, what happened, in which request, and a few fields: codes,
counts and times. The project's own messages are constant texts or name codes. What libraries say
is left out but for its place in the code, because they quote statements, values and exceptions.
"""

import errno
import hashlib
import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

from bot.request_ids import current_request_id

Form = Literal["text", "json"]
OWN = "bot"
PLACES = 8
# How the fields travel on a record.
_FIELDS = "fields"


def fields(**values: str | int | float | bool | None) -> dict[str, Any]:
    """What `extra` of a logging call takes: codes, counts and times, never a patient's words.

    What is None is left out.
    """
    return {_FIELDS: {name: value for name, value in values.items() if value is not None}}


def conversation_digest(conversation_id: str) -> str:
    """Eight letters that stand for a conversation in the log: who knows its id can find its lines,
    and nobody can find the conversation from a line.
    """
    return hashlib.sha256(conversation_id.encode()).hexdigest()[:8]


def describe(error: BaseException) -> str:
    """An exception's type, never its text: it may quote a patient or a record."""
    number = error.errno if isinstance(error, OSError) else None
    return f"{type(error).__name__} {errno.errorcode.get(number or 0, '')}".rstrip()


def places(trace: TracebackType | None) -> str:
    """Where an exception came from, the innermost call last."""
    found = []
    while trace is not None:
        found.append(f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(found[-PLACES:])


def _entry(record: logging.LogRecord) -> dict[str, Any]:
    """A record as keys and values, in the order in which they are written."""
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    own = record.name == OWN or record.name.startswith(f"{OWN}.")
    place = f"{record.module}.{record.funcName}:{record.lineno}"
    entry: dict[str, Any] = {
        "at": at.replace("+00:00", "Z"),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage() if own else place,
    }
    if request_id := current_request_id():
        entry["request_id"] = request_id
    entry |= getattr(record, _FIELDS, {})
    if record.exc_info and record.exc_info[1] is not None:
        entry["error"] = describe(record.exc_info[1])
        entry["where"] = places(record.exc_info[2])
    return entry


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_entry(record), default=str)


class TextLines(logging.Formatter):
    """One line for people: when, level, logger, message, then `key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        entry = _entry(record)
        head = f"{entry.pop('at')} {entry.pop('level')} {entry.pop('logger')}:"
        message = str(entry.pop("message")).replace("\n", " ")
        more = (f"{key}={value}" for key, value in entry.items())
        return " ".join((head, message, *more))


FORMS: dict[Form, type[logging.Formatter]] = {"text": TextLines, "json": JsonLines}


def set_up(level: str = "INFO", form: Form = "text") -> None:
    """Send all logging and uncaught exceptions to standard error; libraries from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMS[form]())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OWN).setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(OWN).critical("uncaught", exc_info=(kind, error, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    error = given.exc_value or given.exc_type()
    logging.getLogger(OWN).critical(
        "uncaught in a thread", exc_info=(given.exc_type, error, given.exc_traceback)
    )
