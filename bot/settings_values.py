"""What some settings must look like. Each check returns the value or raises ValueError."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

SHORTEST_KEY = 32


def known_timezone(value: str) -> str:
    """A time zone's name."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("is not a time zone such as America/New_York") from error
    return value


def known_database(value: str) -> str:
    """A database URL of a kind that Willcall works with, or nothing."""
    if not value:
        return value
    if value.startswith("postgres://"):  # as many hosters write it
        value = value.replace("postgres://", "postgresql://", 1)
    try:
        backend = make_url(value).get_backend_name()
    except ArgumentError as error:
        raise ValueError("is not a database URL such as sqlite:///file") from error
    if backend not in ("sqlite", "postgresql"):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return value


def phrases(value: str | None) -> tuple[str, ...]:
    """The keys of a list with commas, the newest first."""
    found = tuple(part.strip() for part in (value or "").split(",") if part.strip())
    if any(len(phrase) < SHORTEST_KEY for phrase in found):
        raise ValueError(f"each key must have at least {SHORTEST_KEY} characters")
    return found


def urls(value: str | None) -> tuple[str, ...]:
    """The addresses of a list with commas, without slashes at the end, each once."""
    parts = (part.strip().rstrip("/") for part in (value or "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))
