"""Accounts of staff: made, changed, shut, opened. Each change is written into the audit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.desk import ROLES
from bot.services import passwords
from bot.services.audit import Actor, record
from bot.services.passwords import Weakness
from bot.services.sessions import LetGo, end_all, lock_accounts
from bot.services.sign_in_locks import forget, subject_of
from bot.storage.database import Database
from bot.storage.staff import StaffAccount

USERNAME = r"[a-z0-9._-]{2,40}"
LONGEST_NAME = 60

Reason = Literal["username", "display_name", "role", "taken"] | Weakness


@dataclass(frozen=True)
class Created:
    """The account is there; `username` as it is stored."""

    username: str


@dataclass(frozen=True)
class Refused:
    """An account or password that is not accepted."""

    reason: Reason


@dataclass(frozen=True)
class Unknown:
    """There is no such account."""


@dataclass(frozen=True)
class OwnAccount:
    """Nobody disables their own account: the last admin would lock the door from outside."""


@dataclass(frozen=True)
class Done:
    """It is done; these conversations were let go and have changed."""

    conversations: Sequence[str] = ()


def is_username(text: str) -> bool:
    """Whether an account could have this name."""
    return re.fullmatch(USERNAME, text) is not None


async def create(
    database: Database, username: str, display_name: str, role: str, password: str,
    actor: Actor | None, now: datetime, *, demo: bool = False,
) -> Created | Refused:  # fmt: skip
    """Make an account. `actor` is None for the command line."""
    username, display_name = username.lower(), display_name.strip()
    if refused := _unfit(username, display_name, role):
        return refused
    if weak := passwords.weakness(username, password):
        return Refused(weak)
    password_hash = await passwords.hashed(password)
    async with database.write() as session:
        if await session.get(StaffAccount, username) is not None:
            return Refused("taken")
        session.add(
            StaffAccount(
                username=username, display_name=display_name, role=role,
                password_hash=password_hash, totp_secret=None, totp_step=0, demo=demo,
                created_at=now, disabled_at=None,
            )
        )  # fmt: skip
        record(session, "account_created", now, actor=actor, account=username, account_role=role)
    return Created(username)


def _unfit(username: str, display_name: str, role: str) -> Refused | None:
    if not is_username(username):
        return Refused("username")
    if not 1 <= len(display_name) <= LONGEST_NAME or not display_name.isprintable():
        return Refused("display_name")
    return None if role in ROLES else Refused("role")


async def set_password(
    database: Database, username: str, password: str, actor: Actor | None, now: datetime,
    let_go: LetGo,
) -> Done | Refused | Unknown:  # fmt: skip
    """Give an account another password and end its sessions.

    With a password of one's own an account of the demonstration becomes one like any other.
    """
    if weak := passwords.weakness(username, password):
        return Refused(weak)
    password_hash = await passwords.hashed(password)
    async with database.write() as session:
        account = (await lock_accounts(session, [username])).get(username)
        if account is None:
            return Unknown()
        account.password_hash, account.demo = password_hash, False
        ended = await end_all(session, username)
        record(session, "password_set", now, actor=actor, account=username, sessions=ended)
        return Done(await let_go(session, username, now))


async def disable(
    database: Database, username: str, actor: Actor | None, now: datetime, let_go: LetGo
) -> Done | Unknown | OwnAccount:
    """Shut an account: its sessions end and what the person holds is let go."""
    if actor is not None and actor.username == username:
        async with database.write() as session:
            record(
                session, "account_disabled", now, actor=actor, outcome="own_account",
                account=username,
            )  # fmt: skip
        return OwnAccount()
    async with database.write() as session:
        account = (await lock_accounts(session, [username])).get(username)
        if account is None:
            return Unknown()
        return Done(await shut(session, account, actor, now, let_go))


async def shut(
    session: AsyncSession, account: StaffAccount, actor: Actor | None, now: datetime,
    let_go: LetGo, **why: Any,
) -> Sequence[str]:  # fmt: skip
    """Disable an account that is locked; the conversations that are let go."""
    account.disabled_at = account.disabled_at or now
    ended = await end_all(session, account.username)
    record(
        session, "account_disabled", now, actor=actor, account=account.username, sessions=ended,
        **why,
    )  # fmt: skip
    return await let_go(session, account.username, now)


async def enable(
    database: Database, username: str, actor: Actor | None, now: datetime
) -> Done | Unknown:
    """Open an account again."""
    async with database.write() as session:
        account = (await lock_accounts(session, [username])).get(username)
        if account is None:
            return Unknown()
        account.disabled_at = None
        record(session, "account_enabled", now, actor=actor, account=username)
        return Done()


async def sign_out_everywhere(
    database: Database, username: str, actor: Actor | None, now: datetime, let_go: LetGo
) -> Done | Unknown:
    """End every session of an account."""
    async with database.write() as session:
        if username not in await lock_accounts(session, [username]):
            return Unknown()
        ended = await end_all(session, username)
        record(session, "sign_out_everywhere", now, actor=actor, account=username, sessions=ended)
        return Done(await let_go(session, username, now))


async def unlock(
    database: Database, username: str, actor: Actor | None, now: datetime
) -> Done | Unknown:
    """Forget failed sign-ins, so that the person may try again at once."""
    async with database.write() as session:
        if await session.get(StaffAccount, username) is None:
            return Unknown()
        await forget(session, subject_of(username))
        record(session, "account_unlocked", now, actor=actor, account=username)
        return Done()
