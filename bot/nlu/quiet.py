"""Makes a Rasa process quiet and safe to log: nothing a patient wrote reaches any log.

Rasa and its libraries put message texts, tracker contents and request bodies into log messages,
structured values, exception texts and warnings. So no message of theirs is kept at all: a log
line says when, how serious, which logger, where in the code, and which exception type.
"""

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping
from datetime import datetime, timezone
from types import TracebackType
from typing import Any

from bot.nlu.without_tensorflow import stand_in
from bot.request_ids import current_request_id

_EVENT_NAME = re.compile(r"[a-z][a-z0-9_.]{0,80}")


_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# How fields of this project's own travel on a record.
SAFE_FIELDS = "willcall_fields"


class SafeText(str):
    """A log message written by this project's own code, known to hold nothing of a patient's."""

    __slots__ = ()


def prepare_process() -> None:
    """What must stand before Rasa is imported: settings, no TensorFlow, and the log filter."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # Rasa's training cache cannot know when a custom component's code has changed.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    # Compiling Rasa's modules anew takes three seconds of every start where Python is told not to
    # keep what it has compiled.
    sys.dont_write_bytecode = False
    os.environ["LOG_LEVEL"] = "ERROR"  # Rasa draws no progress bars then
    stand_in()
    scrub_logs(logging.WARNING)


def scrub_logs(level: int) -> None:
    """Send all logging, warnings and uncaught errors to standard error, without contents."""
    import structlog  # noqa: PLC0415  only in Rasa's environment

    logging.setLogRecordFactory(_record_without_contents)
    logging.captureWarnings(True)
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    handler = logging.StreamHandler(sys.stderr)
    as_json = os.environ.get("WILLCALL_LOG_FORMAT") == "json"
    handler.setFormatter(_JsonLines() if as_json else _TextLines())
    root.addHandler(handler)
    root.setLevel(level)
    given = os.environ.get("WILLCALL_LOG_LEVEL", "")
    logging.getLogger("willcall").setLevel(given if given in _LEVELS else "INFO")
    # Python's and the libraries' own warnings say nothing to an operator.
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _event_name_only],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


class _ScrubbedRecord(logging.LogRecord):
    """A record that keeps where it came from and drops what it said."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(self.msg, SafeText):
            self.msg = SafeText(f"{self.module}.{self.funcName}:{self.lineno}")
        if self.exc_info and self.exc_info[0] is not None:
            self.msg = SafeText(f"{self.msg} exception={describe(self.exc_info[1])}")
        self.args = None
        self.exc_info = None
        self.exc_text = None
        self.stack_info = None


class _JsonLines(logging.Formatter):
    """One JSON object a line, with the keys of the other processes' logs (bot.logs)."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({**_entry(record), **_fields(record)})


class _TextLines(logging.Formatter):
    """One line for people."""

    def format(self, record: logging.LogRecord) -> str:
        entry = _entry(record)
        more = {key: entry[key] for key in entry if key == "request_id"}
        told = "".join(f" {key}={value}" for key, value in {**more, **_fields(record)}.items())
        return "{at} {level} {logger}: {message}".format(**entry) + told


def _entry(record: logging.LogRecord) -> "dict[str, str]":
    at = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
    entry = {
        "at": at.replace("+00:00", "Z"),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    request_id = current_request_id()
    return {**entry, "request_id": request_id} if request_id else entry


def _fields(record: logging.LogRecord) -> "dict[str, float]":
    """Counts and times that this project's own code has added."""
    found: "dict[str, float]" = getattr(record, SAFE_FIELDS, {})
    return found


def _record_without_contents(*args: Any, **kwargs: Any) -> logging.LogRecord:
    return _ScrubbedRecord(*args, **kwargs)


def describe(error: BaseException | None) -> str:
    """The exception's type and the line that raised it, never its text."""
    if error is None:
        return "unknown"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""  # noqa: PTH119
    cause = error.__cause__
    because = f" from {type(cause).__name__}" if cause is not None else ""
    return f"{type(error).__name__}{where}{because}"


def _event_name_only(
    _logger: Any, method: str, event: MutableMapping[str, Any]
) -> tuple[tuple[SafeText], dict[str, Any]]:
    """structlog's last processor: the event's name if it looks like one, and the exception."""
    name = str(event.get("event", ""))
    message = name if _EVENT_NAME.fullmatch(name) else "event"
    if event.get("exc_info") and method != "exception":  # logging adds it to the latter itself
        message = f"{message} exception={describe(sys.exc_info()[1])}"
    return (SafeText(message),), {}


def _log_uncaught(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    logging.getLogger("willcall").critical(SafeText(f"uncaught {describe(error)}"))


def _log_uncaught_in_thread(details: threading.ExceptHookArgs) -> None:
    logging.getLogger("willcall").critical(
        SafeText(f"uncaught in a thread: {describe(details.exc_value)}")
    )
