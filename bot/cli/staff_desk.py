"""What the commands about staff share: the database as it is, and secrets typed at a terminal."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.bootstrap import Application, build
from bot.services.account_list import has_tables
from bot.settings import Settings

SQLITE = "sqlite:///"
MIGRATE_FIRST = "the database has no accounts yet; bring it to the present form: willcall migrate"


class StaffError(RuntimeError):
    """Something was refused; the message is for people."""


def with_desk[Result](
    settings: Settings, work: Callable[[Application], Awaitable[Result]]
) -> Result:
    """Do something with the database, which must have been migrated. Raises StaffError."""
    url = settings.database
    # Opening a SQLite file would create it.
    if url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE)).is_file():
        raise StaffError(MIGRATE_FIRST)

    async def run() -> Result:
        app = build(settings)
        try:
            if not await has_tables(app.database):
                raise StaffError(MIGRATE_FIRST)
            return await work(app)
        finally:
            await app.database.close()

    return asyncio.run(run())


def typed_password(*, from_stdin: bool) -> str:
    """A password from the first line of standard input, or typed twice. Raises StaffError."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    try:
        first = getpass.getpass("Password: ")
        second = getpass.getpass("The same again: ")
    except EOFError:
        raise StaffError("no password was typed; nothing was changed") from None
    if first != second:
        raise StaffError("the two are not the same; nothing was changed")
    return first


def typed_code() -> str:
    """A code of an authenticator. Raises StaffError."""
    try:
        return input("Code that the authenticator shows now: ")
    except EOFError:
        raise StaffError("no code was typed; nothing was changed") from None
