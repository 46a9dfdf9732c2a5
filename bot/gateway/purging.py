"""The daily purge of what has been kept long enough."""

import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.services import retention

log = logging.getLogger(__name__)
# Looked at so often, done once a day: a gateway that is started again does not begin anew.
SWEEP_SECONDS = 3600.0
EVERY = timedelta(days=1)


async def purge_due(app: Application) -> None:
    """Delete what is due, unless that was done within a day; a failure is tried again."""
    try:
        now = app.now()
        runs = await retention.runs(app.database)
        if runs and now - runs[0].at < EVERY:
            return
        due = await retention.due(app.database, app.keeping, now)
        if due.conversations or due.questions:
            done = await retention.purge(app.database, app.keeping, now)
            log.info("purged: %d chats, %d questions", done.conversations, done.questions)
    except (SQLAlchemyError, OSError) as error:
        log.error("nothing could be purged: %s", type(error).__name__)
    except Exception as error:
        # Whatever it is, it must not end the rounds.
        log.exception("nothing could be purged: %s", type(error).__name__)
