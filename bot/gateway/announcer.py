"""Tells patients news in their chats, as soon as the feed has brought it."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.gateway.hub import Hub
from bot.services import announcements

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0


async def announce_news(app: Application, hub: Hub) -> None:
    """Look for news once; a database that is away is tried again the next time."""
    try:
        for conversation_id in await announcements.waiting_conversations(app.database, app.now()):
            await _announce(app, hub, conversation_id)
    except (SQLAlchemyError, OSError) as error:
        log.error("cannot look for news: %s", type(error).__name__)


async def _announce(app: Application, hub: Hub, conversation_id: str) -> None:
    """Tell the news of one conversation; whatever fails there must not silence the others."""
    try:
        told = await announcements.announce(app.database, conversation_id, app.rules, app.now())
    except (SQLAlchemyError, OSError):
        raise
    except Exception as error:
        log.error("news could not be told: %s", type(error).__name__)
        return
    if told:
        hub.log_grew(conversation_id)
