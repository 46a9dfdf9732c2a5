"""Signing in: a name, a password and, where the account has one, a code.

Every refusal takes the same work and says the same, whatever was wrong and whether or not there is
such an account. What was typed is stored nowhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services import passwords, sessions
from bot.services.accounts import is_username
from bot.services.audit import OK, record
from bot.services.one_by_one import take_turns
from bot.services.seals import MARK, CannotOpen
from bot.services.second_factor import accepted_step
from bot.services.sessions import LetGo, SignInRules
from bot.services.sign_in_locks import (
    count_failure,
    forget,
    locked_until,
    plain,
    subject_of,
)
from bot.storage.database import Database
from bot.storage.staff import StaffAccount, StaffSession


@dataclass(frozen=True)
class Attempt:
    """What somebody sends; `old_token` is the cookie that their browser still has."""

    username: str
    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    address: str | None = None
    old_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class SignedIn:
    """A new session. `conversations` were let go, because its browser had another person's."""

    token: str = field(repr=False)
    username: str
    display_name: str
    role: str
    conversations: Sequence[str] = ()


@dataclass(frozen=True)
class Failed:
    """Something was wrong: what, nobody is told."""


@dataclass(frozen=True)
class CodeRequired:
    """The password is right, and the account wants a code as well."""


@dataclass(frozen=True)
class Locked:
    """Too many failures under this name; it may be tried again after so many seconds."""

    seconds: int

    @classmethod
    def until(cls, end: datetime, now: datetime) -> "Locked":
        """Locked until then: a second at least, and never said to be shorter than it is."""
        return cls(max(1, math.ceil((end - now).total_seconds())))


Outcome = SignedIn | Failed | CodeRequired | Locked


async def sign_in(
    database: Database, attempt: Attempt, rules: SignInRules, now: datetime, let_go: LetGo
) -> Outcome:
    """Judge an attempt and write what came of it into the audit."""
    name, subject = plain(attempt.username), subject_of(attempt.username)
    async with database.read() as session:
        stored = await _stored_hash(session, name)
        locked = await locked_until(session, subject, rules, now)
        other = await _owner(session, attempt.old_token)
    # The hash takes long: no transaction is open meanwhile. A locked name is not worth it.
    checked = None if locked else await passwords.check(stored, attempt.password)
    async with database.write() as session:
        await take_turns(session, [subject])
        known = {each for each in (name, other) if each and is_username(each)}
        accounts = await sessions.lock_accounts(session, known)
        door = _Door(session, attempt, accounts.get(name), rules, now)
        locked = await locked_until(session, subject, rules, now)
        if locked or checked is None:
            return door.locked(locked or now)
        account = door.account
        # Another password may have been set in this moment.
        if account is None or not checked.right or account.password_hash != stored:
            return await door.failed("password")
        if not rules.admits(account):
            return await door.failed("disabled" if account.disabled_at else "demonstration")
        if account.totp_secret and (refused := await door.second_factor(account)):
            return refused
        account.password_hash = checked.renewed or stored
        return await door.opened(account, accounts.get(other or ""), let_go)


@dataclass(frozen=True)
class _Door:
    """What may come of an attempt, inside the transaction that writes it."""

    session: AsyncSession
    attempt: Attempt
    account: StaffAccount | None
    rules: SignInRules
    now: datetime

    def locked(self, until: datetime) -> Locked:
        """Judge nothing until then."""
        self._record("sign_in_locked")
        return Locked.until(until, self.now)

    async def failed(self, why: str) -> Failed:
        """Refuse. `why` is for the audit alone."""
        await count_failure(self.session, subject_of(self.attempt.username), self.now)
        self._record("sign_in_failed", why=why if self.account else "no_account")
        return Failed()

    async def second_factor(self, account: StaffAccount) -> Failed | CodeRequired | None:
        """Ask for the code, or use it up; None when it is right."""
        code = (self.attempt.code or "").strip()
        if not code:
            self._record("code_required")
            return CodeRequired()
        stored, seal = account.totp_secret or "", self.rules.seal
        secret = seal.open(account.username, stored)
        if isinstance(secret, CannotOpen):
            return await self.failed("key")
        step = accepted_step(secret, code, account.totp_step, self.now)
        if step is None:
            return await self.failed("code")
        account.totp_step = step
        if seal.seals and not stored.startswith(MARK):
            account.totp_secret = seal.close(account.username, secret)
        return None

    async def opened(
        self, account: StaffAccount, other: StaffAccount | None, let_go: LetGo
    ) -> SignedIn:
        """Begin a session. The one that the browser had ends, also when it was another person's."""
        await forget(self.session, subject_of(self.attempt.username))
        token = await sessions.begin(self.session, account.username, self.rules, self.now)
        self._record(OK)
        changed: Sequence[str] = ()
        replaced = await sessions.end_token(self.session, self.attempt.old_token or "")
        if replaced and other is not None and other is not account:
            actor = sessions.actor_of(other, self.attempt.address)
            record(self.session, "sign_out", self.now, actor=actor, replaced=True)
            changed = await sessions.let_go_if_last(
                self.session, other.username, self.rules, self.now, let_go
            )
        return SignedIn(token, account.username, account.display_name, account.role, changed)

    def _record(self, outcome: str, **detail: Any) -> None:
        actor = sessions.actor_of(self.account) if self.account else None
        record(
            self.session, "sign_in", self.now, actor=actor, outcome=outcome,
            address=self.attempt.address, **detail,
        )  # fmt: skip


async def _stored_hash(session: AsyncSession, name: str) -> str | None:
    if not is_username(name):  # what no database would take is no name either
        return None
    return await session.scalar(
        select(StaffAccount.password_hash).where(StaffAccount.username == name)
    )


async def _owner(session: AsyncSession, token: str | None) -> str | None:
    if not token:
        return None
    return await session.scalar(
        select(StaffSession.username).where(StaffSession.token_hash == sessions.digest(token))
    )
