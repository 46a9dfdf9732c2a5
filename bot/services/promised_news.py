"""News that a patient was promised in a chat: a medicine is ready, a request is decided."""

from sqlalchemy import ColumnElement, exists, or_

from bot.storage.conversations import Conversation, ReadyNotice
from bot.storage.records import RefillRequest


def is_promised() -> ColumnElement[bool]:
    """Whether a chat, in a query of `Conversation`, still waits for promised news."""
    here = Conversation.conversation_id
    notice = exists().where(ReadyNotice.conversation_id == here, ReadyNotice.told_at.is_(None))
    request = exists().where(
        RefillRequest.conversation_id == here,
        RefillRequest.told_at.is_(None),
        RefillRequest.status != "cancelled",
    )
    return or_(notice, request)
