"""Times for a call: within the hours of the store, on its clock, for any store."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pharmacy.call_windows import (
    LENGTH,
    MOST_DAYS,
    MOST_WINDOWS,
    SHORTEST,
    call_windows,
    can_be_kept,
)
from bot.pharmacy.hours import OpeningHours
from tests.pharmacy.test_hours import INSTANTS, LOS_ANGELES, STORES, local, store


def told(now: str, hours: OpeningHours | None = None) -> list[str]:
    """What is offered, on the clock of the store: 'Mon 30 09:00-11:00'."""
    windows = call_windows(hours or store(), local(now).astimezone(UTC))
    return [f"{start:%a %-d %H:%M}-{until:%H:%M}" for start, until in windows]


class TestAnOrdinaryWeek:
    @pytest.mark.parametrize(
        ("now", "offered"),
        [
            # In the night: from the opening on, with the lunch break left out.
            (
                "2026-11-23T20:00",
                ["Tue 24 09:00-11:00", "Tue 24 11:00-13:00",
                 "Tue 24 14:00-16:00", "Tue 24 16:00-18:00"],
            ),
            # Before the opening it is the same day.
            (
                "2026-11-23T06:00",
                ["Mon 23 09:00-11:00", "Mon 23 11:00-13:00",
                 "Mon 23 14:00-16:00", "Mon 23 16:00-18:00"],
            ),
            # In the lunch break the next opening is today's; the last hour is a time of its own.
            (
                "2026-11-23T13:30",
                ["Mon 23 14:00-16:00", "Mon 23 16:00-18:00",
                 "Mon 23 18:00-19:00", "Tue 24 09:00-11:00"],
            ),
            # A short Saturday, then Monday.
            (
                "2026-11-27T21:00",
                ["Sat 28 10:00-12:00", "Sat 28 12:00-14:00",
                 "Mon 30 09:00-11:00", "Mon 30 11:00-13:00"],
            ),
            # While it is open, after a night in which nobody chose: only what has not begun.
            (
                "2026-11-23T15:00",
                ["Mon 23 16:00-18:00", "Mon 23 18:00-19:00",
                 "Tue 24 09:00-11:00", "Tue 24 11:00-13:00"],
            ),
        ],
        ids=["night", "morning", "lunch", "weekend", "open"],
    )  # fmt: skip
    def test_what_is_offered(self, now: str, offered: list[str]) -> None:
        assert told(now) == offered

    def test_a_holiday_is_left_out(self) -> None:
        """Christmas Eve is short, Christmas closed, the weekend has Saturday alone."""
        assert told("2026-12-23T20:00") == [
            "Thu 24 09:00-11:00", "Thu 24 11:00-12:00", "Sat 26 10:00-12:00", "Sat 26 12:00-14:00",
        ]  # fmt: skip

    def test_two_days_are_enough(self) -> None:
        short = store({day: [["09:00", "10:00"]] for day in ("mon", "tue", "wed")})
        assert told("2026-11-23T06:00", short) == ["Mon 23 09:00-10:00", "Tue 24 09:00-10:00"]

    def test_less_than_half_an_hour_is_no_time_for_a_call(self) -> None:
        odd = store({"mon": [["09:00", "09:20"], ["10:00", "12:29"]], "tue": [["09:00", "11:30"]]})
        assert told("2026-11-23T06:00", odd) == [
            "Mon 23 10:00-12:00", "Tue 24 09:00-11:00", "Tue 24 11:00-11:30",
        ]  # fmt: skip

    def test_on_the_clock_of_the_store(self) -> None:
        windows = call_windows(store(zone=LOS_ANGELES), datetime(2026, 11, 23, 15, tzinfo=UTC))
        assert windows[0][0].isoformat() == "2026-11-23T09:00:00-08:00"

    def test_on_the_days_when_the_clock_changes(self) -> None:
        sundays = store({"sun": [["09:00", "13:00"]]})
        assert told("2026-03-07T20:00", sundays)[:2] == ["Sun 8 09:00-11:00", "Sun 8 11:00-13:00"]
        assert told("2026-10-31T20:00", sundays)[:2] == ["Sun 1 09:00-11:00", "Sun 1 11:00-13:00"]

    def test_nobody_knows_when_it_opens(self) -> None:
        assert call_windows(store({}, exceptions=()), datetime(2026, 11, 23, 15, tzinfo=UTC)) == ()


class TestWhatWasOfferedEarlier:
    WINDOW = (local("2026-11-30T09:00"), local("2026-11-30T11:00"))

    @pytest.mark.parametrize(
        ("now", "kept"),
        [
            ("2026-11-28T20:00", True),
            ("2026-11-30T09:30", True),
            ("2026-11-30T10:30", True),
            ("2026-11-30T10:31", False),
            ("2026-12-01T08:00", False),
        ],
    )
    def test_until_half_an_hour_before_its_end(self, now: str, kept: bool) -> None:
        assert can_be_kept(store(), self.WINDOW, local(now)) is kept

    def test_the_store_has_changed_its_hours(self) -> None:
        now = local("2026-11-28T20:00")
        for hours in ([], [["10:00", "13:00"]], [["09:00", "10:00"]]):
            changed: dict[str, object] = {"date": "2026-11-30", "hours": hours}
            assert not can_be_kept(store(exceptions=(changed,)), self.WINDOW, now)


def opening_day(hours: OpeningHours, at: datetime) -> date:
    """A night that runs past midnight belongs to the day on which it began."""
    for day in (at.date(), at.date() - timedelta(days=1)):
        for start, end in hours.intervals_on(day):
            if start.astimezone(UTC) <= at.astimezone(UTC) < end.astimezone(UTC):
                return day
    raise AssertionError(f"{at} is not within an opening")


class TestForAnyStore:
    @given(hours=STORES, now=INSTANTS)
    def test_they_are_in_order_apart_and_still_to_come(
        self, hours: OpeningHours, now: datetime
    ) -> None:
        windows = call_windows(hours, now)
        ends = [end.astimezone(UTC) for window in windows for end in window]
        assert ends == sorted(ends)
        assert all(end >= now for end in ends)
        assert len(windows) <= MOST_WINDOWS
        assert len({opening_day(hours, start) for start, _ in windows}) <= MOST_DAYS

    @given(hours=STORES, now=INSTANTS, share=st.floats(0, 1, exclude_max=True))
    def test_the_store_is_open_all_the_while(
        self, hours: OpeningHours, now: datetime, share: float
    ) -> None:
        for window in call_windows(hours, now):
            start, until = (end.astimezone(UTC) for end in window)
            assert SHORTEST <= until - start <= LENGTH
            # A share next to one may round up to the closing time itself, which is not open.
            at = min(start + (until - start) * share, until - timedelta.resolution)
            assert hours.is_open(at)
            assert can_be_kept(hours, window, now)
            assert window[0].tzinfo == hours.zone

    @given(hours=STORES, now=INSTANTS)
    def test_the_first_is_at_the_opening(self, hours: OpeningHours, now: datetime) -> None:
        opening = None if hours.is_open(now) else hours.next_opening(now)
        windows = call_windows(hours, now)
        if opening is None:
            assert windows == () or hours.is_open(now)
            return
        closing = hours.closes_at(opening)
        assert closing is not None
        if closing.astimezone(UTC) - opening.astimezone(UTC) >= SHORTEST:
            assert windows
            assert windows[0][0] == opening
