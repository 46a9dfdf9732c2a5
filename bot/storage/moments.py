"""Days and durations counted in SQL, on SQLite and PostgreSQL alike.

Neither database is asked what a time zone is: the caller tells how far the clock on the wall is
ahead of UTC.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Float, String, case, func, literal
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

type Moment = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
type Offsets = Sequence[tuple[datetime, timedelta]]


def local_day(session: AsyncSession, moment: Moment, offsets: Offsets) -> ColumnElement[str]:
    """The day by the wall, such as `2026-11-23`.

    `offsets` hold from a moment on, until the next one; the earliest comes first.
    """
    first, *later = [(since, _day(session, moment, ahead)) for since, ahead in offsets]
    if not later:
        return first[1]
    return case(*((moment >= since, day) for since, day in reversed(later)), else_=first[1])


def elapsed(session: AsyncSession, start: Moment, end: Moment) -> ColumnElement[Any]:
    """The time between two moments, only to be put in order."""
    if _is_postgresql(session):
        return end - start
    return func.julianday(end, type_=Float) - func.julianday(start, type_=Float)


def _day(session: AsyncSession, moment: Moment, ahead: timedelta) -> ColumnElement[str]:
    if _is_postgresql(session):
        there = func.timezone("UTC", moment, type_=DateTime) + ahead
        return func.to_char(there, "YYYY-MM-DD", type_=String)
    minutes = ahead // timedelta(minutes=1)
    return func.date(moment, literal(f"{minutes:+d} minutes"), type_=String)


def _is_postgresql(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"
