"""Opening hours of one store, in its own time zone.

Opening times are wall-clock times ("09:00"), so an instant can only be judged in the store's
zone. Everything that compares or adds up happens in UTC: two aware datetimes that share a zone
compare by the clock on the wall, which is wrong on the days when daylight saving changes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = timedelta(days=60)

_DAY = 24 * 60
_LATEST_AFTER_MIDNIGHT = 6 * 60
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")

type Span = tuple[datetime, datetime]


@dataclass(frozen=True, order=True)
class Interval:
    """Minutes after local midnight; an `end` beyond 24:00 lies on the next day."""

    start: int
    end: int


@dataclass(frozen=True)
class DayHours:
    """One day as it will really be. `exceptional`: set by an exception, not by the weekday."""

    day: date
    intervals: tuple[Span, ...]
    exceptional: bool


@dataclass(frozen=True)
class OpeningHours:
    """When a store is open. Build it with `from_record`.

    Every datetime that goes in must be aware (any zone; ValueError otherwise); every one that
    comes out is in the store's zone. An interval includes its start and not its end. Intervals
    that touch, such as those of a store that never closes, count as one.
    """

    zone: ZoneInfo
    weekly: tuple[tuple[Interval, ...], ...]
    exceptions: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict, hash=False)

    @classmethod
    def from_record(
        cls,
        hours: Mapping[str, object],
        timezone: str,
        exceptions: Sequence[Mapping[str, object]] = (),
    ) -> "OpeningHours":
        """Read a store record's fields (architecture, section 4).

        `hours` maps "mon" … "sun" to `[["09:00", "13:00"], …]`; a day that is missing or empty
        is closed. An interval may end at "24:00", or after midnight until 06:00 at the latest:
        anything later is taken for a start and an end that were swapped.

        Raises ValueError, whose message begins with the name of the wrong field.
        """
        unknown = sorted(set(hours) - set(WEEKDAYS))
        if unknown:
            raise ValueError(f"hours.{unknown[0]}: not a weekday, expected one of {WEEKDAYS}")
        weekly = tuple(_intervals(hours.get(key, []), f"hours.{key}") for key in WEEKDAYS)
        for today, tomorrow, key in zip(weekly, weekly[1:] + weekly[:1], WEEKDAYS, strict=True):
            if today and tomorrow and today[-1].end - _DAY > tomorrow[0].start:
                raise ValueError(f"hours.{key}: runs into the next day's opening")
        return cls(_zone(timezone), weekly, _exceptions(exceptions))

    def intervals_on(self, day: date) -> tuple[Span, ...]:
        """The intervals that begin on this day; the last may end on the next."""
        return tuple((self._local(start), self._local(end)) for start, end in self._day(day))

    def is_open(self, at: datetime) -> bool:
        return self._current_end(_utc(at)) is not None

    def closes_at(self, at: datetime) -> datetime | None:
        """The end of the current interval.

        None while closed, and for a store that does not close within 60 days.
        """
        instant = _utc(at)
        end = self._current_end(instant)
        return None if end is None or end - instant > HORIZON else self._local(end)

    def next_opening(self, at: datetime) -> datetime | None:
        """The first opening strictly after `at`, also while open; None when beyond 60 days."""
        instant = _utc(at)
        open_until = instant
        for start, end in self._spans(instant):
            if start - instant > HORIZON:
                return None
            if start > open_until:
                return self._local(start)
            open_until = max(open_until, end)
        return None

    def add_open_minutes(self, at: datetime, minutes: int) -> datetime:
        """The instant by which the store has been open for so many minutes since `at`.

        Minutes really elapsed, so a change of daylight saving neither gives nor takes any. Where
        the store stays closed for 60 days, what is left is counted by the wall clock instead.
        Zero minutes while closed is the next opening. Raises ValueError when negative.
        """
        if minutes < 0:
            raise ValueError("minutes: must not be negative")
        cursor, left = _utc(at), timedelta(minutes=minutes)
        for start, end in self._spans(cursor):
            begin = max(start, cursor)
            if begin - cursor > HORIZON:
                break
            if begin + left <= end:
                return self._local(begin + left)
            left -= max(end - begin, timedelta())
            cursor = max(end, cursor)
        return self._local(cursor + left)

    def week(self, starting: date) -> tuple[DayHours, ...]:
        """Seven days from `starting`, exceptions applied."""
        days = (starting + timedelta(days=number) for number in range(7))
        return tuple(DayHours(day, self.intervals_on(day), day in self.exceptions) for day in days)

    def _current_end(self, instant: datetime) -> datetime | None:
        """When the opening that covers this instant ends, in UTC; looks little past 60 days."""
        until: datetime | None = None
        for start, end in self._spans(instant):
            if start > (until or instant):
                break
            until = max(end, until or end)
            if until - instant > HORIZON:
                break
        return until

    def _spans(self, instant: datetime) -> Iterator[Span]:
        """In UTC and in order, every interval that ends after `instant`.

        Begins a day early for intervals that run past midnight; gives up after 60 closed days.
        """
        day = instant.astimezone(self.zone).date() - timedelta(days=1)
        closed_days = 0
        while closed_days <= HORIZON.days + 2:
            spans = [span for span in self._day(day) if span[1] > instant]
            yield from spans
            closed_days = 0 if spans else closed_days + 1
            day += timedelta(days=1)

    def _day(self, day: date) -> Iterator[Span]:
        """This day's intervals in UTC, without those that daylight saving skips entirely."""
        for interval in self.exceptions.get(day, self.weekly[day.weekday()]):
            start, end = self._instant(day, interval.start), self._instant(day, interval.end)
            if start < end:
                yield start, end

    def _instant(self, day: date, minute: int) -> datetime:
        """A wall-clock time as an instant in UTC.

        A time that daylight saving skips means the moment the clocks change; of one that
        happens twice, the first is meant, so that nobody comes to a closed door.
        """
        local = datetime.combine(day, time()) + timedelta(minutes=minute)
        for _ in range(_DAY):
            instant = local.replace(tzinfo=self.zone).astimezone(UTC)
            if instant.astimezone(self.zone).replace(tzinfo=None) == local:
                return instant
            local += timedelta(minutes=1)
        return instant

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("at: must be an aware datetime")
    return at.astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, TypeError, AttributeError, LookupError) as error:
        raise ValueError(f"timezone: unknown time zone {name!r}") from error


def _exceptions(
    records: Sequence[Mapping[str, object]],
) -> dict[date, tuple[Interval, ...]]:
    found: dict[date, tuple[Interval, ...]] = {}
    for number, record in enumerate(records):
        name = f"exceptions[{number}]"
        try:
            day = date.fromisoformat(str(record["date"]))
        except (KeyError, ValueError) as error:
            raise ValueError(f"{name}.date: expected a date such as 2026-12-25") from error
        if "hours" not in record:
            raise ValueError(f"{name}.hours: missing; a closed day has []")
        if day in found:
            raise ValueError(f"{name}.date: {day} is given twice")
        found[day] = _intervals(record["hours"], f"{name}.hours")
    return found


def _intervals(value: object, name: str) -> tuple[Interval, ...]:
    """One day's intervals in order; ValueError where they are malformed or overlap."""
    if not isinstance(value, list | tuple):
        raise ValueError(f'{name}: expected a list such as [["09:00", "19:00"]]')
    intervals = sorted(_interval(pair, name) for pair in value)
    for before, after in pairwise(intervals):
        if after.start < before.end:
            raise ValueError(f"{name}: intervals overlap")
    return tuple(intervals)


def _interval(pair: object, name: str) -> Interval:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise ValueError(f'{name}: expected a start and an end such as ["09:00", "19:00"]')
    start, end = _minute(pair[0], name), _minute(pair[1], name)
    if start == _DAY:
        raise ValueError(f"{name}: 24:00 can only be an end")
    if end <= start:
        if end > _LATEST_AFTER_MIDNIGHT or end == start:
            raise ValueError(
                f"{name}: {pair[0]} to {pair[1]} is reversed "
                "(an interval past midnight must end by 06:00)"
            )
        end += _DAY
    return Interval(start, end)


def _minute(value: object, name: str) -> int:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{name}: expected a time such as 09:00, not {value!r}")
    hour, minute = int(match[1]), int(match[2])
    if minute > 59 or hour * 60 + minute > _DAY:
        raise ValueError(f"{name}: {value} is not a time of day")
    return hour * 60 + minute
