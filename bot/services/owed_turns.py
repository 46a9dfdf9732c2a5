"""Answers that the bot still owes in a conversation, and will not give any more."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.conversations import Turn


async def drop(session: AsyncSession, conversation_id: str, now: datetime) -> None:
    """Forget what a locked conversation is owed: somebody else speaks, or nobody any more."""
    await session.execute(
        update(Turn)
        .where(Turn.conversation_id == conversation_id, Turn.state == "pending")
        .values(state="dropped", answered_at=now)
    )
