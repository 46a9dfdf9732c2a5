"""Commands about the pharmacy's records: migrations, the demonstration, the feed."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence

from bot.bootstrap import Application, build
from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.services import demo_accounts
from bot.services.demo_accounts import DemoAccount
from bot.services.feed_batch import Finding
from bot.services.records import ImportReport, database_is_empty, import_records
from bot.settings import Settings
from bot.storage.schema import migrate as migrate_schema


class RecordsError(RuntimeError):
    """Records were refused, or the file cannot be read; the message is for people."""


def prepare_database(settings: Settings) -> Sequence[DemoAccount]:
    """Migrate, and seed the demonstration pharmacy into an empty database if it is wanted.

    Answers which accounts of the demonstration can be signed in with; outside it, none is left.
    """

    async def prepare(app: Application) -> Sequence[DemoAccount]:
        await migrate_schema(app.database)
        if settings.demo and await database_is_empty(app.database):
            print("Seeding the demonstration pharmacy …", file=sys.stderr, flush=True)
            await _seed(app)
        if settings.demo:
            await demo_accounts.add(app.database, app.now())
            return await demo_accounts.present(app.database)
        retired = await demo_accounts.retire(app.database, app.now(), app.let_go)
        if retired.accounts:
            print(f"willcall: {retired.sentence()}", file=sys.stderr, flush=True)
        return ()

    return with_application(settings, prepare)


def migrate(settings: Settings, _given: argparse.Namespace) -> int:
    """Bring the database to the present form."""
    with_application(settings, lambda app: migrate_schema(app.database))
    return 0


def seed(settings: Settings, _given: argparse.Namespace) -> int:
    """Write the demonstration pharmacy, with dates relative to now."""

    async def write(app: Application) -> ImportReport:
        await migrate_schema(app.database)
        report = await _seed(app)
        if settings.demo:
            await demo_accounts.add(app.database, app.now())
        return report

    print_report(with_application(settings, write))
    return 0


async def _seed(app: Application) -> ImportReport:
    now = app.now()
    lines = (json.dumps(record) for record in demo_records(now))
    return await import_records(app.database, json_lines.read(lines), now)


def print_report(report: ImportReport, tell: Callable[[Finding], str] = str) -> None:
    """What was written, and what to look at; `tell` says where each was found."""
    for kind, count in report.written.items():
        print(f"{kind}: {count}")
    for warning in report.warnings:
        print(f"warning: {tell(warning)}", file=sys.stderr)
    more = report.warnings_total - len(report.warnings)
    if more > 0:
        print(f"warning: and {more} more", file=sys.stderr)


def with_application[Result](
    settings: Settings, work: Callable[[Application], Awaitable[Result]]
) -> Result:
    """Do some work with the database, in a loop of its own."""

    async def run() -> Result:
        app = build(settings)
        try:
            return await work(app)
        finally:
            await app.database.close()

    return asyncio.run(run())


def with_records[Result](
    settings: Settings, work: Callable[[Application], Awaitable[Result]]
) -> Result:
    """The same, after bringing the database to the present form."""

    async def prepared(app: Application) -> Result:
        await migrate_schema(app.database)
        return await work(app)

    return with_application(settings, prepared)
