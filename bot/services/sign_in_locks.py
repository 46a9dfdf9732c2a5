"""Locks against guessing: too many failed sign-ins under a name close it for a while.

Names are locked alike whether or not there is such an account, so that a lock tells nothing.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.sessions import SignInRules
from bot.storage.staff import SignInFailure

# Failures are of no use after that; names that nobody has would stay for ever.
FORGOTTEN_AFTER = timedelta(days=1)


def plain(username: str) -> str:
    """A name as it is stored, from what somebody typed."""
    return username.strip().lower()


def subject_of(username: str) -> str:
    """What failures are held against: a digest, because people type passwords as names."""
    return hashlib.sha256(plain(username).encode("utf-8", "surrogatepass")).hexdigest()


async def locked_until(
    session: AsyncSession, subject: str, rules: SignInRules, now: datetime
) -> datetime | None:
    """When a locked name may be tried again; None when it is not locked."""
    newest = await session.scalars(
        select(SignInFailure.at)
        .where(SignInFailure.subject == subject)
        .order_by(SignInFailure.at.desc())
        .limit(rules.failures)
    )
    return _end_of_lock(newest.all(), rules, now)


async def locked_names(
    session: AsyncSession, usernames: Iterable[str], rules: SignInRules, now: datetime
) -> set[str]:
    """Those of the names that are locked."""
    subjects = {subject_of(name): name for name in usernames}
    rows = await session.execute(
        select(SignInFailure.subject, SignInFailure.at)
        .where(SignInFailure.subject.in_(subjects))
        .order_by(SignInFailure.at.desc())
    )
    times: dict[str, list[datetime]] = {}
    for subject, at in rows:
        times.setdefault(subject, []).append(at)
    return {
        subjects[subject]
        for subject, each in times.items()
        if _end_of_lock(each[: rules.failures], rules, now)
    }


async def count_failure(session: AsyncSession, subject: str, now: datetime) -> None:
    """Hold a failure against a name, and forget the old ones of everybody."""
    old = select(SignInFailure.id).where(SignInFailure.at < now - FORGOTTEN_AFTER)
    await session.execute(
        delete(SignInFailure).where(
            # Others may be forgetting the same ones: each takes what is free.
            SignInFailure.id.in_(old.with_for_update(skip_locked=True))
        )
    )
    session.add(SignInFailure(subject=subject, at=now))


async def forget(session: AsyncSession, subject: str) -> None:
    """Take back the failures of a name."""
    await session.execute(delete(SignInFailure).where(SignInFailure.subject == subject))


def _end_of_lock(
    newest_first: Iterable[datetime], rules: SignInRules, now: datetime
) -> datetime | None:
    """Locked are as many failures as the rules allow within the minutes, for as many minutes."""
    times = list(newest_first)
    span = timedelta(minutes=rules.lock_minutes)
    if len(times) < rules.failures or times[0] - times[-1] > span:
        return None
    until = times[0] + span
    return until if now < until else None
