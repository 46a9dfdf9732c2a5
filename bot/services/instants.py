"""Times as the interfaces write them: ISO 8601 in UTC, `2026-11-24T16:20:00.000Z`."""

from datetime import datetime
from typing import overload


@overload
def instant(moment: datetime) -> str: ...
@overload
def instant(moment: datetime | None) -> str | None: ...
def instant(moment: datetime | None) -> str | None:
    """An aware time in UTC, to the millisecond; None stays None."""
    return None if moment is None else _written(moment, "milliseconds")


def to_the_second(moment: datetime) -> str:
    """An aware time in UTC that nobody needs more exactly: `2026-11-24T16:20:00Z`."""
    return _written(moment, "seconds")


def _written(moment: datetime, timespec: str) -> str:
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")
