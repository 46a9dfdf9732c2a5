"""Sessions of staff: a secret in a cookie, stored hashed, that ends by itself.

A session ends after some minutes without a request of its person, and after some hours in any
case. When the last one of an account ends, the conversations that the person holds are let go.
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.audit import Actor, record
from bot.services.seals import NO_SEAL, Seal
from bot.storage.database import Database
from bot.storage.staff import StaffAccount, StaffSession

# Lets go of the conversations that a person holds; answers which ones changed.
LetGo = Callable[[AsyncSession, str, datetime], Awaitable[Sequence[str]]]

# How exact the time of the last request is kept; a write for each request would be too many.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignInRules:
    """When names are locked and sessions end, and whether demonstration accounts may sign in."""

    failures: int
    lock_minutes: int
    idle_minutes: int
    session_hours: int
    demo: bool
    # Of second factors at rest.
    seal: Seal = field(default=NO_SEAL, repr=False, compare=False)

    @property
    def idle(self) -> timedelta:
        """How long a session lives without a request."""
        return timedelta(minutes=self.idle_minutes)

    def admits(self, account: StaffAccount) -> bool:
        """Whether an account may be signed in at all."""
        return account.disabled_at is None and (self.demo or not account.demo)


@dataclass(frozen=True)
class Current:
    """A session that lives, with its account; `expires_at` is the absolute end, in UTC."""

    token: str
    username: str
    display_name: str
    role: str
    second_factor: bool
    expires_at: datetime

    def actor(self, address: str | None) -> Actor:
        """The person, as the audit names them."""
        return Actor(self.username, self.display_name, self.role, address)


def csrf_of(token: str) -> str:
    """The token that a request which changes something must carry; follows from the cookie's."""
    return hmac.new(_bytes(token), b"csrf", hashlib.sha256).hexdigest()


def csrf_fits(token: str, given: str) -> bool:
    """Whether a request carries the right token."""
    return hmac.compare_digest(_bytes(csrf_of(token)), _bytes(given))


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(_bytes(token)).hexdigest()


async def begin(session: AsyncSession, username: str, rules: SignInRules, now: datetime) -> str:
    """Start a session; its token is told here and nowhere else."""
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=digest(token),
            username=username,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=rules.session_hours),
        )
    )
    return token


async def current(
    database: Database, token: str, rules: SignInRules, now: datetime, *, active: bool = True
) -> Current | None:
    """The session of a token, if it lives; unless `active` is false its idle time starts again."""
    chosen = (
        select(StaffSession, StaffAccount)
        .join(StaffAccount, StaffAccount.username == StaffSession.username)
        .where(StaffSession.token_hash == digest(token), alive(rules, now))
    )
    async with database.read() as session:
        found = (await session.execute(chosen)).one_or_none()
    if found is None:
        return None
    row, account = found
    if not rules.admits(account):
        return None
    if active and now - row.seen_at >= SEEN_EVERY:
        await _seen(database, row.token_hash, now)
    return Current(
        token, account.username, account.display_name, account.role,
        account.totp_secret is not None, row.expires_at,
    )  # fmt: skip


async def sign_out(
    database: Database, person: Current, actor: Actor, rules: SignInRules, now: datetime,
    let_go: LetGo,
) -> Sequence[str]:  # fmt: skip
    """End one session; the conversations that are let go, if it was the last of the account."""
    async with database.write() as session:
        await lock_accounts(session, [person.username])
        await _end(session, StaffSession.token_hash == digest(person.token))
        record(session, "sign_out", now, actor=actor)
        return await let_go_if_last(session, person.username, rules, now, let_go)


async def end_expired(
    database: Database, rules: SignInRules, now: datetime, let_go: LetGo
) -> Sequence[str]:
    """Forget the sessions that have ended by themselves; the conversations that are let go.

    Somebody who has gone without signing out must not keep a patient waiting.
    """
    changed: list[str] = []
    async with database.read() as session:
        names = (
            await session.scalars(select(StaffSession.username).where(~alive(rules, now)))
        ).all()
    for username in sorted(set(names)):
        async with database.write() as session:
            accounts = await lock_accounts(session, [username])
            dead = ~alive(rules, now) & (StaffSession.username == username)
            if not await _end(session, dead):
                continue  # another process was faster
            actor = actor_of(accounts[username])
            record(session, "session_expired", now, actor=actor)
            changed += await let_go_if_last(session, username, rules, now, let_go)
    return changed


async def end_all(session: AsyncSession, username: str) -> int:
    """End every session of an account, which is locked; how many there were."""
    return await _end(session, StaffSession.username == username)


async def end_others(session: AsyncSession, person: Current) -> int:
    """End the sessions of an account, which is locked, but for this one; how many there were."""
    return await _end(
        session,
        (StaffSession.username == person.username)
        & (StaffSession.token_hash != digest(person.token)),
    )


async def end_token(session: AsyncSession, token: str) -> bool:
    """End the session of a token, if there is one."""
    return bool(await _end(session, StaffSession.token_hash == digest(token)))


async def let_go_if_last(
    session: AsyncSession, username: str, rules: SignInRules, now: datetime, let_go: LetGo
) -> Sequence[str]:
    """Let go of the conversations of an account that is locked and has no session left."""
    left = await session.scalar(
        select(func.count())
        .select_from(StaffSession)
        .where(StaffSession.username == username, alive(rules, now))
    )
    return [] if left else await let_go(session, username, now)


async def lock_accounts(session: AsyncSession, usernames: Iterable[str]) -> dict[str, StaffAccount]:
    """The accounts of these names, kept from others until the transaction ends.

    In the order of their names, so that nobody waits in a circle.
    """
    rows = await session.scalars(
        select(StaffAccount)
        .where(StaffAccount.username.in_(usernames))
        .order_by(StaffAccount.username)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {row.username: row for row in rows}


def alive(rules: SignInRules, now: datetime) -> ColumnElement[bool]:
    """The condition for a session that has not ended by itself."""
    return (StaffSession.expires_at > now) & (StaffSession.seen_at > now - rules.idle)


def actor_of(account: StaffAccount, address: str | None = None) -> Actor:
    """The person of an account, as the audit names them."""
    return Actor(account.username, account.display_name, account.role, address)


async def _end(session: AsyncSession, which: ColumnElement[bool]) -> int:
    ended = await session.scalars(
        delete(StaffSession).where(which).returning(StaffSession.token_hash)
    )
    return len(ended.all())


async def _seen(database: Database, token_hash: str, now: datetime) -> None:
    """Move the idle time on; never back, and never for a session that has been ended."""
    async with database.write() as session:
        await session.execute(
            update(StaffSession)
            .where(StaffSession.token_hash == token_hash, StaffSession.seen_at < now)
            .values(seen_at=now)
        )


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")
