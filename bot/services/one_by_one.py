"""Attempts at a secret pass one by one, over all gateways.

Otherwise many at once would all be judged before the first failure is counted.
"""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def take_turns(session: AsyncSession, subjects: Iterable[str]) -> None:
    """Keep others away from these subjects until the transaction ends; each is a digest in hex.

    SQLite's write transaction is a lock already. PostgreSQL has no row to lock for what does not
    exist. All take their locks in the same order, so that nobody waits in a circle.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    for subject in sorted(set(subjects)):
        key = int.from_bytes(bytes.fromhex(subject)[:8], signed=True)
        await session.execute(select(func.pg_advisory_xact_lock(key)))
