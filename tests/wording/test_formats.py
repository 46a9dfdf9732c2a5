"""Dates, times, money, numbers and lists, as patients read them in two languages."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wording import LOCALES, load
from bot.wording.formats import format_list, format_money, format_number, week_lines
from tests.wording.files import NOW

NEW_YORK = "America/New_York"
each_locale = pytest.mark.parametrize("locale", LOCALES)


def said(locale: str, spec: str, value: Any, zone: str = NEW_YORK, now: datetime = NOW) -> str:
    return load(locale).fill(f"{{x:{spec}}}", {"x": value}, now=now, timezone=zone)


class TestDates:
    @pytest.mark.parametrize(
        ("locale", "value", "expected"),
        [
            ("en", "2026-05-05", "Tuesday, May 5"),
            ("es", "2026-05-05", "martes 5 de mayo"),
            ("en", "2026-12-31", "Thursday, December 31"),
            ("es", "2026-12-31", "jueves 31 de diciembre"),
            ("en", "2027-01-02", "Saturday, January 2, 2027"),
            ("es", "2027-01-02", "sábado 2 de enero de 2027"),
            ("en", "2025-09-03", "Wednesday, September 3, 2025"),
            ("es", "2025-09-03", "miércoles 3 de septiembre de 2025"),
        ],
    )
    def test_the_year_only_when_it_is_another(self, locale: str, value: str, expected: str) -> None:
        assert said(locale, "date", value) == expected
        assert said(locale, "date", date.fromisoformat(value)) == expected

    def test_this_year_is_the_year_at_the_store(self) -> None:
        """Early on January 1 in UTC, it is still the old year in New York."""
        now = datetime(2027, 1, 1, 3, 0, tzinfo=UTC)
        assert said("en", "date", "2026-12-31", now=now) == "Thursday, December 31"
        assert said("en", "date", "2027-01-01", now=now) == "Friday, January 1, 2027"

    def test_the_day_of_an_instant_is_the_day_at_the_store(self) -> None:
        late_evening = "2026-05-06T02:30:00+00:00"
        assert said("en", "date", late_evening) == "Tuesday, May 5"
        assert said("en", "date", late_evening, zone="UTC") == "Wednesday, May 6"
        assert said("es", "date", datetime.fromisoformat(late_evening)) == "martes 5 de mayo"

    def test_a_date_does_not_move_with_the_zone(self) -> None:
        for zone in (NEW_YORK, "Pacific/Kiritimati", "Pacific/Pago_Pago"):
            assert said("en", "date", "2026-05-05", zone=zone) == "Tuesday, May 5"


class TestTimes:
    @pytest.mark.parametrize(
        ("clock", "english", "spanish"),
        [
            ("00:00", "12:00 AM", "12:00 a. m."),
            ("00:05", "12:05 AM", "12:05 a. m."),
            ("01:00", "1:00 AM", "1:00 a. m."),
            ("09:30", "9:30 AM", "9:30 a. m."),
            ("12:00", "12:00 PM", "12:00 p. m."),
            ("13:00", "1:00 PM", "1:00 p. m."),
            ("23:59", "11:59 PM", "11:59 p. m."),
        ],
    )
    def test_twelve_hours_with_midnight_and_noon(
        self, clock: str, english: str, spanish: str
    ) -> None:
        moment = f"2026-05-04T{clock}:00-04:00"
        assert said("en", "time", moment) == english
        assert said("es", "time", moment) == spanish

    @pytest.mark.parametrize(
        ("clock", "article"),
        [
            ("00:30", "a las 12:30 a. m."),
            ("01:15", "a la 1:15 a. m."),
            ("02:00", "a las 2:00 a. m."),
            ("11:00", "a las 11:00 a. m."),
            ("12:59", "a las 12:59 p. m."),
            ("13:00", "a la 1:00 p. m."),
            ("14:05", "a las 2:05 p. m."),
        ],
    )
    def test_spanish_article(self, clock: str, article: str) -> None:
        when = said("es", "when", f"2026-05-04T{clock}:00-04:00")
        assert when == f"lunes 4 de mayo {article}"

    def test_english_when(self) -> None:
        assert said("en", "when", "2026-05-05T18:05:00+00:00") == "Tuesday, May 5 at 2:05 PM"
        assert said("en", "when", "2027-05-05T18:05:00+00:00") == (
            "Wednesday, May 5, 2027 at 2:05 PM"
        )

    @pytest.mark.parametrize(
        ("instant", "zone", "expected"),
        [
            # The clock springs from 2:00 to 3:00 on March 8, 2026.
            ("2026-03-08T06:59:00+00:00", NEW_YORK, "Sunday, March 8 at 1:59 AM"),
            ("2026-03-08T07:00:00+00:00", NEW_YORK, "Sunday, March 8 at 3:00 AM"),
            # It tells 1:30 twice on November 1, 2026.
            ("2026-11-01T05:30:00+00:00", NEW_YORK, "Sunday, November 1 at 1:30 AM"),
            ("2026-11-01T06:30:00+00:00", NEW_YORK, "Sunday, November 1 at 1:30 AM"),
            ("2026-11-01T07:30:00+00:00", NEW_YORK, "Sunday, November 1 at 2:30 AM"),
            # Arizona keeps its clock all year.
            ("2026-07-01T19:00:00+00:00", "America/Phoenix", "Wednesday, July 1 at 12:00 PM"),
            ("2026-12-01T19:00:00+00:00", "America/Phoenix", "Tuesday, December 1 at 12:00 PM"),
            ("2026-07-01T05:00:00+00:00", "America/Chicago", "Wednesday, July 1 at 12:00 AM"),
        ],
    )
    def test_the_clock_of_the_store(self, instant: str, zone: str, expected: str) -> None:
        assert said("en", "when", instant, zone=zone) == expected

    @each_locale
    @pytest.mark.parametrize("spec", ["time", "when", "date"])
    @pytest.mark.parametrize("value", ["2026-05-04T09:00:00", datetime(2026, 5, 4, 9)])  # noqa: DTZ001
    def test_a_time_without_a_zone_is_refused(self, locale: str, spec: str, value: Any) -> None:
        with pytest.raises(ValueError, match="time zone"):
            said(locale, spec, value)


class TestMoneyNumbersAndLists:
    @pytest.mark.parametrize(
        ("cents", "expected"),
        [(0, "$0.00"), (5, "$0.05"), (1000, "$10.00"), (123456, "$1,234.56")],
    )
    def test_money(self, cents: int, expected: str) -> None:
        assert format_money(cents) == expected
        assert {said(locale, "money", cents) for locale in LOCALES} == {expected}

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (0, "0"),
            (30.0, "30"),
            (2.5, "2.5"),
            (0.125, "0.125"),
            (100_000, "100000"),
            (999_999.5, "999999.5"),
            (1_234_567.25, "1234567.25"),
            (2_000_000.0, "2000000"),
            (1 / 3, "0.333"),
        ],
    )
    def test_numbers(self, value: float, expected: str) -> None:
        assert format_number(value) == expected
        assert {said(locale, "number", value) for locale in LOCALES} == {expected}

    @given(st.integers(min_value=0, max_value=10**9))
    def test_whole_numbers_are_written_out(self, value: int) -> None:
        assert format_number(value) == str(value)

    @pytest.mark.parametrize(
        ("names", "english", "spanish"),
        [
            ([], "", ""),
            (["a"], "a", "a"),
            (["a", "b"], "a and b", "a y b"),
            (["a", "b", "c"], "a, b and c", "a, b y c"),
            (["a", "ibuprofen"], "a and ibuprofen", "a e ibuprofen"),
            (["a", "Insulina"], "a and Insulina", "a e Insulina"),
            (["a", "índice"], "a and índice", "a e índice"),
            (["a", "b", "hidralazina"], "a, b and hidralazina", "a, b e hidralazina"),
            (["a", "hierro"], "a and hierro", "a y hierro"),
            (["ibuprofen", "b"], "ibuprofen and b", "ibuprofen y b"),
            (["a", "yodo"], "a and yodo", "a y yodo"),
            (["a", "9:00"], "a and 9:00", "a y 9:00"),
        ],
    )
    def test_lists(self, names: list[str], english: str, spanish: str) -> None:
        assert format_list(names, "en") == said("en", "list", names) == english
        assert format_list(names, "es") == said("es", "list", names) == spanish


class TestWeeks:
    WEEKDAYS: ClassVar[dict[str, list[list[str]]]] = {
        key: [["09:00", "19:00"]] for key in ("mon", "tue", "wed", "thu", "fri")
    }

    def test_days_with_the_same_times_stand_together(self) -> None:
        hours = self.WEEKDAYS | {"sat": [["09:00", "13:00"]], "sun": []}
        assert week_lines(hours, "en") == [
            "Monday to Friday: 9:00 AM to 7:00 PM",
            "Saturday: 9:00 AM to 1:00 PM",
            "Sunday: closed",
        ]
        assert week_lines(hours, "es") == [
            "Lunes a viernes: 9:00 a. m. a 7:00 p. m.",
            "Sábado: 9:00 a. m. a 1:00 p. m.",
            "Domingo: cerrado",
        ]

    def test_only_neighbours_are_joined(self) -> None:
        hours = self.WEEKDAYS | {"wed": [["09:00", "13:00"], ["13:30", "24:00"]]}
        assert week_lines(hours, "en") == [
            "Monday to Tuesday: 9:00 AM to 7:00 PM",
            "Wednesday: 9:00 AM to 1:00 PM and 1:30 PM to 12:00 AM",
            "Thursday to Friday: 9:00 AM to 7:00 PM",
            "Saturday to Sunday: closed",
        ]

    def test_a_week_that_is_all_the_same_is_one_line(self) -> None:
        assert week_lines({}, "en") == ["Monday to Sunday: closed"]
        assert week_lines({}, "es") == ["Lunes a domingo: cerrado"]


@each_locale
class TestUnknownValues:
    SENTENCES: tuple[str, ...] = ("Always.", "", "Copay {copay_cents:money}.", "Rx {count:number}.")

    def fill(self, locale: str, **values: Any) -> str:
        return load(locale).fill(list(self.SENTENCES), values, now=NOW, timezone=NEW_YORK)

    def test_their_sentences_are_left_out(self, locale: str) -> None:
        assert self.fill(locale) == "Always."
        assert self.fill(locale, copay_cents=None, count=2) == "Always.\n\nRx 2."
        assert self.fill(locale, copay_cents=1000) == "Always.\n\nCopay $10.00."

    def test_zero_is_known(self, locale: str) -> None:
        assert self.fill(locale, copay_cents=0, count=0) == "Always.\n\nCopay $0.00. Rx 0."

    def test_a_text_of_one_sentence_can_be_silent(self, locale: str) -> None:
        wording = load(locale)
        assert wording.render("card.as_of", now=NOW) == ""
        assert wording.render("when.phone", {"phone": None}, now=NOW) == ""

    def test_values_are_not_read_as_sentences(self, locale: str) -> None:
        """What a patient typed is quoted, whatever it looks like."""
        text = load(locale).render("not_on_file", {"words": "{poison} {0} %s"}, now=NOW)
        assert "{poison} {0} %s" in text
