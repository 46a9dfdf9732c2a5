"""The accounts of staff as an admin sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, inspect, select

from bot.services.sessions import SignInRules, alive
from bot.services.sign_in_locks import locked_names
from bot.storage.database import Database
from bot.storage.staff import StaffAccount, StaffSession


@dataclass(frozen=True)
class Account:
    """An account without its secrets; times in UTC. `sessions` counts those that live."""

    username: str
    display_name: str
    role: str
    second_factor: bool
    demo: bool
    created_at: datetime
    disabled_at: datetime | None
    locked: bool
    sessions: int


async def listed(database: Database, rules: SignInRules, now: datetime) -> Sequence[Account]:
    """Every account, by name."""
    counted = (
        select(StaffSession.username, func.count())
        .where(alive(rules, now))
        .group_by(StaffSession.username)
    )
    async with database.read() as session:
        rows = (await session.scalars(select(StaffAccount).order_by(StaffAccount.username))).all()
        sessions = {row[0]: row[1] for row in await session.execute(counted)}
        locked = await locked_names(session, [row.username for row in rows], rules, now)
    return [
        Account(
            row.username, row.display_name, row.role, row.totp_secret is not None, row.demo,
            row.created_at, row.disabled_at, row.username in locked,
            sessions.get(row.username, 0) if rules.admits(row) else 0,
        )
        for row in rows
    ]  # fmt: skip


async def found(
    database: Database, username: str, rules: SignInRules, now: datetime
) -> Account | None:
    """One account."""
    accounts = await listed(database, rules, now)
    return next((account for account in accounts if account.username == username), None)


async def has_tables(database: Database) -> bool:
    """Whether the database has been brought to a form that knows accounts."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(
            lambda present: inspect(present).has_table(StaffAccount.__tablename__)
        )
