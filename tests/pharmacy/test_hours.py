from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pharmacy.hours import HORIZON, WEEKDAYS, OpeningHours

NEW_YORK = "America/New_York"
LOS_ANGELES = "America/Los_Angeles"
PHOENIX = "America/Phoenix"
KOLKATA = "Asia/Kolkata"

SPLIT_DAYS = {day: [["09:00", "13:00"], ["14:00", "19:00"]] for day in WEEKDAYS[:5]}
HOURS = SPLIT_DAYS | {"sat": [["10:00", "14:00"]]}
CHRISTMAS: dict[str, object] = {"date": "2026-12-25", "hours": []}
CHRISTMAS_EVE: dict[str, object] = {"date": "2026-12-24", "hours": [["09:00", "12:00"]]}
ALWAYS = {day: [["00:00", "24:00"]] for day in WEEKDAYS}


def store(
    hours: dict[str, list[list[str]]] | None = None,
    zone: str = NEW_YORK,
    exceptions: tuple[dict[str, object], ...] = (CHRISTMAS_EVE, CHRISTMAS),
) -> OpeningHours:
    return OpeningHours.from_record(HOURS if hours is None else hours, zone, exceptions)


def local(text: str, zone: str = NEW_YORK, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def clock(at: datetime | None) -> str:
    """What a patient reads; with the offset, so that a wrong zone or fold fails."""
    assert at is not None
    return at.isoformat(timespec="minutes")


class TestAnOrdinaryWeek:
    @pytest.mark.parametrize(
        ("at", "is_open"),
        [
            ("2026-11-23T08:59", False),
            ("2026-11-23T09:00", True),
            ("2026-11-23T12:59", True),
            ("2026-11-23T13:00", False),
            ("2026-11-23T14:00", True),
            ("2026-11-23T19:00", False),
            ("2026-11-28T10:30", True),
            ("2026-11-29T10:30", False),
        ],
    )
    def test_a_start_is_open_and_an_end_is_closed(self, at: str, is_open: bool) -> None:
        assert store().is_open(local(at)) is is_open

    def test_an_instant_in_utc_is_judged_by_the_stores_clock(self) -> None:
        assert store().is_open(datetime(2026, 11, 23, 14, 30, tzinfo=UTC))
        assert not store(zone=LOS_ANGELES).is_open(datetime(2026, 11, 23, 14, 30, tzinfo=UTC))

    def test_closing_is_the_end_of_the_current_interval_only(self) -> None:
        assert clock(store().closes_at(local("2026-11-23T10:00"))) == "2026-11-23T13:00-05:00"
        assert clock(store().closes_at(local("2026-11-23T14:00"))) == "2026-11-23T19:00-05:00"
        assert store().closes_at(local("2026-11-23T13:30")) is None

    def test_next_opening(self) -> None:
        assert clock(store().next_opening(local("2026-11-23T08:00"))) == "2026-11-23T09:00-05:00"
        assert clock(store().next_opening(local("2026-11-23T13:00"))) == "2026-11-23T14:00-05:00"
        assert clock(store().next_opening(local("2026-11-28T20:00"))) == "2026-11-30T09:00-05:00"

    def test_next_opening_while_open_is_the_one_after(self) -> None:
        assert clock(store().next_opening(local("2026-11-23T09:00"))) == "2026-11-23T14:00-05:00"

    def test_answers_are_in_the_stores_zone(self) -> None:
        opening = store(zone=LOS_ANGELES).next_opening(datetime(2026, 11, 23, 9, tzinfo=UTC))
        assert clock(opening) == "2026-11-23T09:00-08:00"


class TestExceptions:
    def test_a_holiday_closes_the_day(self) -> None:
        assert not store().is_open(local("2026-12-25T10:00"))
        assert clock(store().next_opening(local("2026-12-24T12:00"))) == "2026-12-26T10:00-05:00"

    def test_an_exception_replaces_the_whole_day(self) -> None:
        assert clock(store().closes_at(local("2026-12-24T10:00"))) == "2026-12-24T12:00-05:00"
        assert not store().is_open(local("2026-12-24T15:00"))

    def test_an_exception_can_open_a_closed_day(self) -> None:
        opening: dict[str, object] = {"date": "2026-11-29", "hours": [["12:00", "15:00"]]}
        sunday = store(exceptions=(opening,))
        assert sunday.is_open(local("2026-11-29T12:00"))

    def test_the_week_flags_them(self) -> None:
        week = store().week(date(2026, 12, 21))
        assert [day.day.day for day in week] == [21, 22, 23, 24, 25, 26, 27]
        assert [day.exceptional for day in week] == [False] * 3 + [True, True] + [False] * 2
        assert [len(day.intervals) for day in week] == [2, 2, 2, 1, 0, 1, 0]
        assert clock(week[3].intervals[0][1]) == "2026-12-24T12:00-05:00"

    def test_a_night_that_began_before_a_holiday_is_still_worked(self) -> None:
        night = store({"thu": [["20:00", "02:00"]], "fri": [["20:00", "02:00"]]})
        night = OpeningHours(night.zone, night.weekly, {date(2026, 12, 25): ()})
        assert night.is_open(local("2026-12-25T01:00"))
        assert not night.is_open(local("2026-12-25T21:00"))


class TestNights:
    NIGHT = store({"fri": [["09:00", "12:00"], ["20:00", "02:00"]]}, exceptions=())

    def test_past_midnight_belongs_to_the_evening_before(self) -> None:
        assert self.NIGHT.is_open(local("2026-11-28T01:59"))
        assert not self.NIGHT.is_open(local("2026-11-28T02:00"))
        assert not self.NIGHT.is_open(local("2026-11-27T01:00"))
        assert clock(self.NIGHT.closes_at(local("2026-11-27T23:00"))) == "2026-11-28T02:00-05:00"
        assert self.NIGHT.intervals_on(date(2026, 11, 28)) == ()

    def test_midnight_as_an_end(self) -> None:
        for end in ("24:00", "00:00"):
            late = store({"fri": [["20:00", end]]}, exceptions=())
            closing = late.closes_at(local("2026-11-27T23:59"))
            assert clock(closing) == "2026-11-28T00:00-05:00"

    def test_a_store_that_never_closes(self) -> None:
        always = store(ALWAYS, exceptions=())
        at = local("2026-11-23T23:59")
        assert always.is_open(at)
        assert always.closes_at(at) is None
        assert always.next_opening(at) is None
        assert always.add_open_minutes(at, 90 * 1440) == at + timedelta(days=90)

    def test_a_store_that_never_closes_but_for_christmas(self) -> None:
        always = store(ALWAYS, exceptions=(CHRISTMAS,))
        at = local("2026-12-23T12:00")
        assert clock(always.closes_at(at)) == "2026-12-25T00:00-05:00"
        assert clock(always.next_opening(at)) == "2026-12-26T00:00-05:00"


class TestDaylightSaving:
    """New York: forward at 02:00 on March 8, 2026; back at 02:00 on November 1, 2026."""

    def test_the_offset_follows_the_season(self) -> None:
        every_day = store({day: [["09:00", "17:00"]] for day in WEEKDAYS})
        saturday = every_day.next_opening(local("2026-03-07T03:00"))
        sunday = every_day.next_opening(local("2026-03-07T18:00"))
        assert clock(saturday) == "2026-03-07T09:00-05:00"
        assert clock(sunday) == "2026-03-08T09:00-04:00"

    def test_a_due_time_counts_elapsed_minutes(self) -> None:
        always = store(ALWAYS)
        forward = always.add_open_minutes(local("2026-03-08T01:30"), 60)
        back = always.add_open_minutes(local("2026-11-01T00:30"), 120)
        assert clock(forward) == "2026-03-08T03:30-04:00"
        assert clock(back) == "2026-11-01T01:30-05:00"

    def test_a_night_is_an_hour_shorter_and_an_hour_longer(self) -> None:
        night = store({"sat": [["22:00", "04:00"]]})
        for day, elapsed in ((date(2026, 3, 7), 5), (date(2026, 10, 31), 7)):
            ((start, end),) = night.intervals_on(day)
            assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=elapsed)

    def test_an_opening_in_the_hour_that_is_skipped(self) -> None:
        early = store({"sun": [["02:30", "03:10"]]})
        ((start, end),) = early.intervals_on(date(2026, 3, 8))
        assert (clock(start), clock(end)) == ("2026-03-08T03:00-04:00", "2026-03-08T03:10-04:00")
        assert store({"sun": [["02:10", "02:50"]]}).intervals_on(date(2026, 3, 8)) == ()

    def test_of_an_hour_that_happens_twice_the_first_counts(self) -> None:
        early = store({"sun": [["00:30", "01:30"]]})
        assert early.is_open(local("2026-11-01T01:15"))
        assert not early.is_open(local("2026-11-01T01:15", fold=1))

    def test_los_angeles_and_arizona(self) -> None:
        assert clock(store(zone=LOS_ANGELES).next_opening(local("2026-03-08T12:00"))).endswith(
            "09:00-07:00"
        )
        for at in ("2026-03-08T12:00", "2026-11-01T12:00"):
            assert clock(store(zone=PHOENIX).next_opening(local(at))).endswith("09:00-07:00")


class TestDueTimes:
    @pytest.mark.parametrize(
        ("at", "minutes", "due"),
        [
            ("2026-11-23T10:00", 30, "2026-11-23T10:30-05:00"),
            ("2026-11-23T12:30", 30, "2026-11-23T13:00-05:00"),
            ("2026-11-23T12:30", 31, "2026-11-23T14:01-05:00"),
            ("2026-11-23T18:50", 20, "2026-11-24T09:10-05:00"),
            ("2026-11-28T13:50", 20, "2026-11-30T09:10-05:00"),
            ("2026-12-24T11:30", 60, "2026-12-26T10:30-05:00"),
            ("2026-11-29T03:00", 0, "2026-11-30T09:00-05:00"),
            ("2026-11-23T10:00", 0, "2026-11-23T10:00-05:00"),
            ("2026-11-23T09:00", 9 * 60 * 5 + 4 * 60 + 1, "2026-11-30T09:01-05:00"),
        ],
    )
    def test_only_opening_time_counts(self, at: str, minutes: int, due: str) -> None:
        assert clock(store().add_open_minutes(local(at), minutes)) == due

    def test_a_store_that_never_opens_falls_back_to_the_wall_clock(self) -> None:
        at = local("2026-11-23T10:00")
        assert store({}, exceptions=()).add_open_minutes(at, 90) == at + timedelta(minutes=90)
        assert store({}, exceptions=()).next_opening(at) is None

    def test_a_last_opening_before_closing_for_good(self) -> None:
        last_day: dict[str, object] = {"date": "2026-11-23", "hours": [["09:00", "12:00"]]}
        due = store({}, exceptions=(last_day,)).add_open_minutes(local("2026-11-23T11:00"), 90)
        assert clock(due) == "2026-11-23T12:30-05:00"

    def test_openings_beyond_sixty_days_do_not_count(self) -> None:
        opening: dict[str, object] = {"date": "2027-02-01", "hours": [["09:00", "12:00"]]}
        far = store({}, exceptions=(opening,))
        assert far.next_opening(local("2026-11-23T10:00")) is None
        assert clock(far.next_opening(local("2026-12-10T10:00"))) == "2027-02-01T09:00-05:00"

    def test_negative_minutes_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"^minutes:"):
            store().add_open_minutes(local("2026-11-23T10:00"), -1)


class TestMistakesInTheRecord:
    @pytest.mark.parametrize(
        ("hours", "message"),
        [
            ({"monday": []}, r"^hours\.monday:"),
            ({"mon": "09:00-17:00"}, r"^hours\.mon:.*list"),
            ({"mon": ["09:00", "17:00"]}, r"^hours\.mon:.*start and an end"),
            ({"mon": [["09:00"]]}, r"^hours\.mon:"),
            ({"mon": [["9am", "17:00"]]}, r"^hours\.mon:.*'9am'"),
            ({"mon": [["09:00", "17:60"]]}, r"^hours\.mon:.*time of day"),
            ({"mon": [["09:00", "24:01"]]}, r"^hours\.mon:.*time of day"),
            ({"mon": [["24:00", "02:00"]]}, r"^hours\.mon:.*only be an end"),
            ({"mon": [["19:00", "09:00"]]}, r"^hours\.mon:.*reversed"),
            ({"mon": [["09:00", "09:00"]]}, r"^hours\.mon:.*reversed"),
            ({"mon": [["09:00", "13:00"], ["12:59", "19:00"]]}, r"^hours\.mon:.*overlap"),
            ({"sun": [["20:00", "02:00"]], "mon": [["01:00", "09:00"]]}, r"^hours\.sun:.*next day"),
            ({"fri": [[9, 17]]}, r"^hours\.fri:"),
        ],
    )
    def test_hours(self, hours: dict[str, object], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            OpeningHours.from_record(hours, NEW_YORK)

    @pytest.mark.parametrize(
        ("exception", "message"),
        [
            ({"hours": []}, r"^exceptions\[0\]\.date:"),
            ({"date": "Dec 25", "hours": []}, r"^exceptions\[0\]\.date:"),
            ({"date": "2026-12-25"}, r"^exceptions\[0\]\.hours: missing"),
            ({"date": "2026-12-25", "hours": [["10:00", "9"]]}, r"^exceptions\[0\]\.hours:"),
        ],
    )
    def test_exceptions(self, exception: dict[str, object], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            OpeningHours.from_record(HOURS, NEW_YORK, [exception])

    def test_a_date_given_twice(self) -> None:
        with pytest.raises(ValueError, match=r"^exceptions\[1\]\.date:.*twice"):
            OpeningHours.from_record(HOURS, NEW_YORK, [CHRISTMAS, CHRISTMAS])

    @pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "America"])
    def test_time_zone(self, zone: str) -> None:
        with pytest.raises(ValueError, match=r"^timezone:"):
            OpeningHours.from_record(HOURS, zone)

    def test_a_datetime_without_a_zone_is_refused(self) -> None:
        naive = datetime(2026, 11, 23, 10)  # noqa: DTZ001
        for ask in (store().is_open, store().closes_at, store().next_opening):
            with pytest.raises(ValueError, match=r"^at:"):
                ask(naive)


@st.composite
def days(draw: st.DrawFn) -> list[list[str]]:
    """Up to two intervals, the last sometimes past midnight (until 03:00 at the latest)."""
    quarters = sorted(
        draw(st.lists(st.integers(12, 107), min_size=0, max_size=4, unique=True).map(sorted))
    )
    pairs = list(zip(quarters[::2], quarters[1::2], strict=False))
    return [
        [_quarter(start), _quarter(end % 96 if end > 96 else end)]
        for start, end in pairs
        if start < 96
    ]


def _quarter(number: int) -> str:
    return f"{number // 4:02}:{number % 4 * 15:02}"


ZONES = st.sampled_from([NEW_YORK, LOS_ANGELES, PHOENIX, KOLKATA])
STORES = st.builds(
    lambda hours, zone, exceptions: OpeningHours.from_record(
        hours, zone, [{"date": day.isoformat(), "hours": value} for day, value in exceptions]
    ),
    st.dictionaries(st.sampled_from(WEEKDAYS), days()),
    ZONES,
    st.lists(
        st.tuples(st.dates(date(2026, 3, 1), date(2026, 11, 30)), days()),
        max_size=3,
        unique_by=lambda pair: pair[0],
    ),
)
INSTANTS = st.datetimes(
    datetime(2026, 2, 1),  # noqa: DTZ001
    datetime(2026, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
MINUTES = st.integers(0, 5000)


class TestForAnyStore:
    @settings(deadline=None)
    @given(hours=STORES, at=INSTANTS)
    def test_closing_is_later_and_closed(self, hours: OpeningHours, at: datetime) -> None:
        closing = hours.closes_at(at)
        if closing is not None:
            assert hours.is_open(at)
            assert closing.astimezone(UTC) > at
            assert not hours.is_open(closing)

    @settings(deadline=None)
    @given(hours=STORES, at=INSTANTS)
    def test_next_opening_is_later_open_and_the_first(
        self, hours: OpeningHours, at: datetime
    ) -> None:
        opening = hours.next_opening(at)
        if opening is None:
            return
        instant = opening.astimezone(UTC)
        assert at < instant <= at + HORIZON
        assert hours.is_open(opening)
        assert not hours.is_open(instant - timedelta(seconds=1))
        if not hours.is_open(at):
            assert not hours.is_open(at + (instant - at) / 2)

    @settings(deadline=None)
    @given(hours=STORES, at=INSTANTS, minutes=MINUTES)
    def test_a_due_time_is_open_or_closing(
        self, hours: OpeningHours, at: datetime, minutes: int
    ) -> None:
        due = hours.add_open_minutes(at, minutes)
        if hours.is_open(at) or hours.next_opening(at) is not None:
            just_before = due.astimezone(UTC) - timedelta(microseconds=1)
            reached = hours.is_open(due) or hours.is_open(just_before)
            assert reached or hours.next_opening(due) is None

    @settings(deadline=None)
    @given(hours=STORES, at=INSTANTS, minutes=MINUTES, more=MINUTES)
    def test_due_times_keep_their_order(
        self, hours: OpeningHours, at: datetime, minutes: int, more: int
    ) -> None:
        due = hours.add_open_minutes(at, minutes).astimezone(UTC)
        assert due >= at + timedelta(minutes=minutes)
        assert due <= hours.add_open_minutes(at, minutes + more).astimezone(UTC)
        later = at + timedelta(minutes=more)
        assert due <= hours.add_open_minutes(later, minutes).astimezone(UTC)

    @settings(deadline=None)
    @given(hours=STORES, at=INSTANTS, minutes=st.integers(1, 600), more=st.integers(1, 600))
    def test_due_times_add_up(
        self, hours: OpeningHours, at: datetime, minutes: int, more: int
    ) -> None:
        twice = hours.add_open_minutes(hours.add_open_minutes(at, minutes), more)
        once = hours.add_open_minutes(at, minutes + more)
        if hours.next_opening(once) is not None:
            assert once.astimezone(UTC) == twice.astimezone(UTC)

    @settings(deadline=None)
    @given(hours=STORES, at=INSTANTS)
    def test_open_means_within_an_interval_of_the_day_or_the_day_before(
        self, hours: OpeningHours, at: datetime
    ) -> None:
        today = at.astimezone(hours.zone).date()
        spans = hours.intervals_on(today - timedelta(days=1)) + hours.intervals_on(today)
        within = any(start.astimezone(UTC) <= at < end.astimezone(UTC) for start, end in spans)
        assert hours.is_open(at) is within
