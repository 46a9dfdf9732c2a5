"""Builds the real objects, once a process; everything else takes what it needs as an argument."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from bot.pharmacy import red_flags
from bot.services.catalogue import Catalogue
from bot.services.conversations import Rules
from bot.services.identity import Limits
from bot.settings import Settings, load
from bot.storage.database import Database

Clock = Callable[[], datetime]
Provider = Callable[[], "Application"]


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Application:
    """What a process works with."""

    settings: Settings
    database: Database
    catalogue: Catalogue
    rules: Rules
    limits: Limits
    now: Clock = utc_now


def build(
    settings: Settings, now: Clock = utc_now, database: Database | None = None
) -> Application:
    """Join the settings with the database and the rules that follow from them."""
    red_flags.screen("")  # a broken rule must stop the start, not the first message
    if settings.database.startswith("sqlite"):
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Application(
        settings,
        database or Database(settings.database),
        Catalogue(),
        Rules(settings.verified_minutes, settings.country, settings.default_timezone),
        Limits(
            settings.identity_failures_per_conversation,
            settings.identity_failures_per_record,
            settings.identity_lock_minutes,
        ),
        now,
    )


@cache
def application() -> Application:
    """The application of this process; actions are built without arguments and find it here."""
    return build(load())
