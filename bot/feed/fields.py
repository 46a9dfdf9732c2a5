"""The field types of the feed. Their messages say what is expected and never repeat a value."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, TypeGuard
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from bot.pharmacy.identity_keys import name_key, phone_key, rx_key
from bot.pharmacy.instruction_policy import OWN, is_own

INSTANT = "must be a date and time with an offset, such as 2026-05-04T17:00:00-04:00"
DAY = "must be a date, such as 2026-05-04"
KEPT_UNTIL = "must be a date, or a date and time with an offset"
PICKUP_RULES = "must be a text, a list of texts, or such texts by language code"
YEARS = range(1880, 2200)


def invalid(message: str) -> PydanticCustomError:
    """An error whose message is ours: it goes into the report as it is."""
    return PydanticCustomError("feed", "{message}", {"message": message})


def parse_day(value: object) -> date:
    """A calendar date."""
    try:
        if isinstance(value, str) and len(value) == 10:
            day = date.fromisoformat(value)
            if day.year in YEARS:
                return day
    except ValueError:
        pass
    raise invalid(DAY)


def parse_instant(value: object) -> datetime:
    """A moment, as an aware datetime in UTC."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None and moment.year in YEARS:
                return moment.astimezone(UTC)
    except ValueError:
        pass
    raise invalid(INSTANT)


def parse_kept_until(value: object) -> datetime | date:
    """A moment, or a date whose end in the store's time zone is meant."""
    for parse in (parse_day, parse_instant):
        try:
            return parse(value)
        except PydanticCustomError:
            continue
    raise invalid(KEPT_UNTIL)


def parse_pickup_rules(value: object) -> dict[str, list[str]]:
    """Sentences by language; a text or a list of texts without a language is English."""
    by_language = value if isinstance(value, dict) else {"en": value}
    rules: dict[str, list[str]] = {}
    for language, said in by_language.items():
        sentences = [said] if isinstance(said, str) else said
        if not _language_code(language) or not _texts(sentences):
            raise invalid(PICKUP_RULES)
        rules[language.lower()] = [sentence.strip() for sentence in sentences]
    return {language: sentences for language, sentences in rules.items() if sentences}


def _texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(
        isinstance(text, str) and text.strip() and "\0" not in text for text in value
    )


def _language_code(code: str) -> bool:
    return code.isascii() and code.isalpha() and 2 <= len(code) <= 3


def _matching(holds: Callable[[str], object], message: str) -> AfterValidator:
    def check(value: str) -> str:
        if not holds(value):
            raise invalid(message)
        return value

    return AfterValidator(check)


def _known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # also a name that is a path or a directory
        return False
    return True


def _web_address(url: str) -> bool:
    start = url.lower().startswith(("https://", "http://"))
    return start and not any(char.isspace() or char in "\"'<>\\" for char in url)


_printable = _matching(lambda text: "\0" not in text, "must not contain a NUL character")
_one_line = _matching(str.isprintable, "must be one line of printable characters")
_has_letters = _matching(name_key, "must contain a letter")
_has_digits = _matching(lambda text: len(phone_key(text)) >= 7, "must contain at least 7 digits")
_has_number = _matching(rx_key, "must contain a letter or a digit")

# How the checks above are told to integrators.
_DAY = {"type": "string", "format": "date"}
_INSTANT = {"type": "string", "format": "date-time"}
_SENTENCES = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string", "minLength": 1}}]
}
_BY_LANGUAGE = {"type": "object", "additionalProperties": _SENTENCES}

Day = Annotated[date, PlainValidator(parse_day), WithJsonSchema(_DAY)]
Instant = Annotated[datetime, PlainValidator(parse_instant), WithJsonSchema(_INSTANT)]
PickupRules = Annotated[
    dict[str, list[str]],
    PlainValidator(parse_pickup_rules),
    WithJsonSchema({"anyOf": [*_SENTENCES["anyOf"], _BY_LANGUAGE]}),
]
KeptUntil = Annotated[
    datetime | date,
    PlainValidator(parse_kept_until),
    WithJsonSchema({"anyOf": [_INSTANT, _DAY]}),
]

Id = Annotated[str, StringConstraints(min_length=1, max_length=100), _one_line]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), _one_line]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000), _printable]
InstructionId = Annotated[
    Id,
    _matching(
        lambda given: not is_own(given),
        f"must not begin with {OWN}: such texts are written in Willcall",
    ),
]
LastName = Annotated[Name, _has_letters]
Phone = Annotated[str, StringConstraints(max_length=40), _one_line, _has_digits]
RxNumber = Annotated[Id, _has_number]
TimeZone = Annotated[str, _matching(_known_zone, "must be a time zone, such as America/New_York")]
WebAddress = Annotated[
    str,
    StringConstraints(max_length=2000),
    _one_line,
    _matching(_web_address, "must be an http or https address"),
]
Language = Annotated[
    str,
    StringConstraints(to_lower=True),
    _matching(_language_code, "must be a language code, such as en or es"),
]

Quantity = Annotated[float, Field(ge=0, le=1e9)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
RequestId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Cents = Annotated[int, Field(ge=0, le=100_000_000)]
