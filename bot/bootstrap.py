"""Builds the real objects, once a process; everything else takes what it needs as an argument."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from bot.pharmacy import red_flags
from bot.services.catalogue import Catalogue
from bot.services.conversations import Rules
from bot.services.identity import Limits
from bot.services.letting_go import let_go
from bot.services.retention import Keeping
from bot.services.seals import Seal
from bot.services.sessions import LetGo, SignInRules
from bot.settings import Settings, SettingsError, load
from bot.storage.channel import Channel
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
    sign_in_rules: SignInRules
    let_go: LetGo
    keeping: Keeping
    # To the other gateways; None with SQLite, where there are none.
    channel: Channel | None = None
    now: Clock = utc_now


def build(
    settings: Settings, now: Clock = utc_now, database: Database | None = None
) -> Application:
    """Join the settings with the database and the rules that follow from them."""
    red_flags.screen("")  # a broken rule must stop the start, not the first message
    if settings.database.startswith("sqlite"):
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    rules = Rules(
        settings.verified_minutes,
        settings.country,
        settings.default_timezone,
        settings.unsure_below,
    )
    database = database or Database(settings.database, pool_size=settings.database_pool)
    return Application(
        settings,
        database,
        Catalogue(),
        rules,
        Limits(
            settings.identity_failures_per_conversation,
            settings.identity_failures_per_record,
            settings.identity_lock_minutes,
        ),
        SignInRules(
            settings.sign_in_failures,
            settings.sign_in_lock_minutes,
            settings.staff_idle_minutes,
            settings.staff_session_hours,
            settings.demo,
            Seal(settings.secret_keys),
        ),
        lambda session, username, now: let_go(session, username, rules, now),
        Keeping(settings.keep_transcripts_days, settings.keep_questions_days),
        Channel(database.url) if database.backend == "postgresql" else None,
        now,
    )


@cache
def application() -> Application:
    """The application of this process; actions are built without arguments and find it here."""
    return build(load())


def start() -> Application:
    """The application of a service; wrong settings end the process with a line for each."""
    try:
        return application()
    except SettingsError as error:
        sys.exit(f"willcall: wrong settings:\n{error}")
