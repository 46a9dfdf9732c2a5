"""How long the logs of conversations are: whether one has grown since somebody looked last."""

from collections.abc import Sequence
from itertools import batched

from sqlalchemy import select

from bot.storage.conversations import Conversation
from bot.storage.database import Database

AT_ONCE = 500


async def lengths(database: Database, conversation_ids: Sequence[str]) -> dict[str, int]:
    """The last `seq` of each of these conversations that exists."""
    found: dict[str, int] = {}
    async with database.read() as session:
        for some in batched(conversation_ids, AT_ONCE):
            rows = await session.execute(
                select(Conversation.conversation_id, Conversation.last_seq).where(
                    Conversation.conversation_id.in_(some)
                )
            )
            found.update((row.conversation_id, row.last_seq) for row in rows)
    return found
