"""When the pharmacy can call somebody back: times of two hours within the hours of a store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from bot.pharmacy.hours import HORIZON, OpeningHours, Span

LENGTH = timedelta(hours=2)
SHORTEST = timedelta(minutes=30)
MOST_WINDOWS = 4
MOST_DAYS = 2


def call_windows(hours: OpeningHours, now: datetime) -> tuple[Span, ...]:
    """The next times for a call, in the store's zone and in order: four at most, on two days.

    The first begins when the store opens next; one that has begun already is left out. What is
    left before a break or the end of the day is a time of its own from half an hour on. Days on
    which nobody can be called do not count. Empty for a store that stays closed for 60 days.
    """
    return tuple(islice(_on_two_days(hours, now), MOST_WINDOWS))


def can_be_kept(hours: OpeningHours, window: Span, now: datetime) -> bool:
    """Whether a call in this time is still possible: it has not passed, and the store is open."""
    start, until = window
    if until - now < SHORTEST or until <= start or not hours.is_open(start):
        return False
    closes_at = hours.closes_at(start)
    return closes_at is None or closes_at.astimezone(UTC) >= until


def _on_two_days(hours: OpeningHours, now: datetime) -> Iterator[Span]:
    # From the day before: an opening may run past midnight.
    first = now.astimezone(hours.zone).date() - timedelta(days=1)
    days = 0
    for number in range(HORIZON.days + 2):
        windows = [
            window
            for opening in hours.intervals_on(first + timedelta(days=number))
            for window in _within(opening)
            if window[0].astimezone(UTC) >= now
        ]
        yield from windows
        days += bool(windows)
        if days == MOST_DAYS:
            return


def _within(opening: Span) -> Iterator[Span]:
    """One opening in pieces. In UTC: two hours really elapsed, whatever daylight saving does."""
    zone = opening[0].tzinfo
    start, end = (moment.astimezone(UTC) for moment in opening)
    while end - start >= SHORTEST:
        until = min(start + LENGTH, end)
        yield start.astimezone(zone), until.astimezone(zone)
        start = until
