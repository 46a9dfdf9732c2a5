"""How dates, times, money and numbers are written for patients, in English and Spanish."""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any

WEEKDAY_KEYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August",
           "September", "October", "November", "December"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
           "septiembre", "octubre", "noviembre", "diciembre"),
}  # fmt: skip
JOINERS = {"en": " and ", "es": " y "}
# "y" becomes "e" before the sound of an i ("ibuprofeno", "hidralazina"), not before "hierro".
_SOUNDS_LIKE_I = re.compile(r"h?[ií](?![aeouáéóú])", re.IGNORECASE)


class MissingValueError(LookupError):
    """A sentence names a value that is not known; the sentence is left out."""


def format_date(value: date, locale: str, today: date) -> str:
    """'Tuesday, May 4'; the year is told only when it is not this one."""
    weekday, month = WEEKDAYS[locale][value.weekday()], MONTHS[locale][value.month - 1]
    if locale == "es":
        year = f" de {value.year}" if value.year != today.year else ""
        return f"{weekday} {value.day} de {month}{year}"
    year = f", {value.year}" if value.year != today.year else ""
    return f"{weekday}, {month} {value.day}{year}"


def format_time(value: datetime, locale: str) -> str:
    """'2:05 PM' or '2:05 p. m.'."""
    hour = value.hour % 12 or 12
    half = "AM" if value.hour < 12 else "PM"
    if locale == "es":
        half = "a. m." if value.hour < 12 else "p. m."
    return f"{hour}:{value.minute:02d} {half}"


def format_number(value: float) -> str:
    """With three decimals at most and without a trailing '.0': quantities are mostly whole."""
    if float(value).is_integer():
        return str(int(value))
    return f"{value:.3f}".rstrip("0").rstrip(".")


def format_money(cents: int) -> str:
    """US cents as dollars: '$10.00'."""
    return f"${cents // 100:,}.{cents % 100:02d}"


def format_list(names: Sequence[str], locale: str) -> str:
    """'a, b and c'; in Spanish 'metformina e insulina'."""
    if len(names) < 2:
        return "".join(names)
    joiner = JOINERS[locale]
    if locale == "es" and _SOUNDS_LIKE_I.match(names[-1]):
        joiner = " e "
    return ", ".join(names[:-1]) + joiner + names[-1]


def format_span(start: datetime, end: datetime, locale: str) -> str:
    """'9:00 AM to 7:00 PM', of local times."""
    joiner = " a " if locale == "es" else " to "
    return format_time(start, locale) + joiner + format_time(end, locale)


def week_lines(hours: Mapping[str, Sequence[Sequence[str]]], locale: str) -> list[str]:
    """The regular week, days with the same times together: 'Monday to Friday: 9:00 AM to …'."""
    days = [_day_text(hours.get(key) or (), locale) for key in WEEKDAY_KEYS]
    lines: list[str] = []
    start = 0
    for at in range(1, len(days) + 1):
        if at < len(days) and days[at] == days[start]:
            continue
        lines.append(f"{_day_range(start, at - 1, locale)}: {days[start]}")
        start = at
    return lines


def _day_range(first: int, last: int, locale: str) -> str:
    names = WEEKDAYS[locale]
    joiner = " a " if locale == "es" else " to "
    named = names[first] if first == last else names[first] + joiner + names[last]
    return named[:1].upper() + named[1:]


def _day_text(spans: Sequence[Sequence[str]], locale: str) -> str:
    if not spans:
        return "cerrado" if locale == "es" else "closed"
    return format_list(
        [format_span(_clock(start), _clock(end), locale) for start, end in spans], locale
    )


def _clock(text: str) -> datetime:
    hour, minute = (int(part) for part in text.split(":"))
    return datetime(2000, 1, 1, hour % 24, minute, tzinfo=UTC)


class SentenceFormatter(string.Formatter):
    """Fills a sentence: `{promised_at:when}`, `{kept_until:date}`, `{copay_cents:money}`…"""

    def __init__(self, locale: str, zone: tzinfo, now: datetime) -> None:
        self._locale = locale
        self._zone = zone
        self._today = now.astimezone(zone).date()
        self._specs: dict[str, Callable[[Any], str]] = {
            "": str,
            "date": lambda value: format_date(self._day(value), locale, self._today),
            "time": lambda value: format_time(self._instant(value), locale),
            "when": self._when,
            "money": format_money,
            "number": format_number,
            "list": lambda value: format_list(value, locale),
        }

    def get_value(self, key: int | str, _args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        value = kwargs.get(str(key))
        if value is None:
            raise MissingValueError(str(key))
        return value

    def format_field(self, value: Any, format_spec: str) -> str:
        return self._specs[format_spec](value)

    def _instant(self, value: Any) -> datetime:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        assert isinstance(moment, datetime)
        if moment.utcoffset() is None:
            raise ValueError("a time without a time zone cannot be told")
        return moment.astimezone(self._zone)

    def _day(self, value: Any) -> date:
        """The day of a date, or of an instant in the store's time zone."""
        if isinstance(value, str) and len(value) == len("2026-01-01"):
            return date.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        return self._instant(value).date()

    def _when(self, value: Any) -> str:
        moment = self._instant(value)
        day = format_date(moment.date(), self._locale, self._today)
        joiner = " a las " if self._locale == "es" else " at "
        if self._locale == "es" and moment.hour % 12 == 1:
            joiner = " a la "
        return f"{day}{joiner}{format_time(moment, self._locale)}"
