"""The days of the pharmacy: a day begins and ends by its own clock, not by UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def day_of(now: datetime, timezone: str) -> date:
    """Today in the pharmacy's time zone."""
    return now.astimezone(ZoneInfo(timezone)).date()


def start_of(day: date, timezone: str) -> datetime:
    """The moment in UTC when a day of the pharmacy begins."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def offsets(first: date, last: date, timezone: str) -> list[tuple[datetime, timedelta]]:
    """How far the pharmacy's clock is ahead of UTC, and from when on, for all of these days.

    The first entry counts from the start of `first`; more follow where the clock is changed.
    """
    zone = ZoneInfo(timezone)
    changes = [(start_of(first, timezone), _ahead(start_of(first, timezone), zone))]
    day = first
    while day <= last:
        after = start_of(day + timedelta(days=1), timezone)
        if _ahead(after, zone) != changes[-1][1]:
            changes.append(_change(changes[-1][1], start_of(day, timezone), after, zone))
        day += timedelta(days=1)
    return changes


def _ahead(moment: datetime, zone: ZoneInfo) -> timedelta:
    ahead = moment.astimezone(zone).utcoffset()
    assert ahead is not None
    return ahead


def _change(
    before: timedelta, start: datetime, end: datetime, zone: ZoneInfo
) -> tuple[datetime, timedelta]:
    """The minute between two moments when the clock is changed."""
    while end - start > MINUTE:
        middle = start + ((end - start) // 2 // MINUTE) * MINUTE
        if _ahead(middle, zone) == before:
            start = middle
        else:
            end = middle
    return end, _ahead(end, zone)
