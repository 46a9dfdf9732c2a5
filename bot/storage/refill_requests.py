"""Reads refill requests for the pharmacy's system: in order, and none twice or never."""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.records import RefillRequest


async def placed_after(session: AsyncSession, after: int, limit: int) -> Sequence[RefillRequest]:
    """The requests whose id is greater than `after`, by id.

    PostgreSQL gives out ids before it commits, so that a request could appear behind one that a
    reader has passed already. The lock waits for the transactions that are writing requests: when
    they have ended, every later request has a greater id. SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("LOCK TABLE refill_request IN SHARE MODE"))
    rows = await session.scalars(
        select(RefillRequest)
        .where(RefillRequest.refill_request_id > after)
        .order_by(RefillRequest.refill_request_id)
        .limit(limit)
    )
    return rows.all()
