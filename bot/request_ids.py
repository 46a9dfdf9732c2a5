"""The id of the request or turn that a piece of work belongs to, through all three processes.

It says nothing of a person and is stored nowhere: it joins the log lines of one request.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def new_request_id() -> str:
    """16 letters and digits that nobody else has."""
    return secrets.token_hex(8)


def taken(given: str | None) -> str:
    """The id that another process has given, if it is well formed; otherwise a new one."""
    return given if given and _WELL_FORMED.fullmatch(given) else new_request_id()


def current_request_id() -> str | None:
    """The id of what is being done here; None outside of requests and turns."""
    return _current.get()


@contextmanager
def identified(request_id: str) -> Iterator[None]:
    """Do what the block does, and the tasks that it starts, under this id."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def take_up(given: str | None) -> None:
    """Go on under the id that another process has given, as `taken` says, until the next one.

    For a server that runs what comes before a request in the request's own context.
    """
    _current.set(taken(given))
