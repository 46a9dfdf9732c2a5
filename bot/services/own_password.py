"""Changing one's own password: who has only found an open console must not be able to.

The present password is asked for, and wrong ones count as failed sign-ins of the account: they lock
its name like those at the door. The session that changes it goes on; all others end.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from bot.services import passwords, sessions
from bot.services.audit import Actor, record
from bot.services.one_by_one import take_turns
from bot.services.passwords import Weakness
from bot.services.sessions import Current, SignInRules
from bot.services.sign_in import Locked
from bot.services.sign_in_locks import count_failure, forget, locked_until, subject_of
from bot.storage.database import Database
from bot.storage.staff import StaffAccount


@dataclass(frozen=True)
class Change:
    """What the person types."""

    present: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True)
class Changed:
    """The new password holds; so many other sessions of the account have ended."""

    ended: int


@dataclass(frozen=True)
class Weak:
    """The new one is not accepted."""

    reason: Weakness


@dataclass(frozen=True)
class Wrong:
    """The present password is another one."""


async def change(
    database: Database, person: Current, typed: Change, actor: Actor, rules: SignInRules,
    now: datetime,
) -> Changed | Weak | Wrong | Locked:  # fmt: skip
    """Give the account of a session another password, and write what came of it into the audit.

    With a password of one's own an account of the demonstration becomes one like any other.
    """
    name, subject = person.username, subject_of(person.username)
    if weak := passwords.weakness(name, typed.new):
        return Weak(weak)
    async with database.read() as session:
        stored = await session.scalar(
            select(StaffAccount.password_hash).where(StaffAccount.username == name)
        )
        locked = await locked_until(session, subject, rules, now)
    # Hashes take long: no transaction is open meanwhile. A locked name is not worth them.
    checked = None if locked else await passwords.check(stored, typed.present)
    new_hash = await passwords.hashed(typed.new) if checked and checked.right else None
    async with database.write() as session:
        await take_turns(session, [subject])
        account = (await sessions.lock_accounts(session, [name])).get(name)
        locked = await locked_until(session, subject, rules, now)
        if locked or checked is None:
            record(session, "password_changed", now, actor=actor, outcome="sign_in_locked")
            return Locked.until(locked or now, now)
        # Another password may have been set in this moment.
        if new_hash is None or account is None or account.password_hash != stored:
            await count_failure(session, subject, now)
            record(session, "password_changed", now, actor=actor, outcome="password_wrong")
            return Wrong()
        account.password_hash, account.demo = new_hash, False
        await forget(session, subject)
        ended = await sessions.end_others(session, person)
        record(session, "password_changed", now, actor=actor, sessions=ended)
        return Changed(ended)
