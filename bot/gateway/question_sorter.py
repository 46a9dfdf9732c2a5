"""Puts new questions into groups, a few at a time, with vectors of the language engine."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.gateway.desk_feed import DeskFeed
from bot.gateway.rasa_pool import RasaPool
from bot.services.questions import grouping

log = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
AT_ONCE = 64
# Characters of a question that are sent: more than the encoder reads.
LONGEST = 2000


async def sort_new(app: Application, rasa: RasaPool, desk: DeskFeed) -> None:
    """Sort what is new; with the engine or the database away, it is tried again the next time."""
    try:
        waiting = await grouping.without_group(app.database, AT_ONCE)
        if not waiting:
            return
        vectors = await rasa.vectors([question.text[:LONGEST] for question in waiting])
        if vectors is None:
            return
        numbers = [question.question_id for question in waiting]
        found = dict(zip(numbers, vectors, strict=True))
        if await grouping.assign(app.database, found, app.now()):
            desk.pass_on("questions", "")
    except (SQLAlchemyError, OSError) as error:
        log.error("questions could not be sorted: %s", type(error).__name__)
    except Exception as error:
        # Whatever it is, it must not end the rounds: the next one tries again.
        log.exception("questions could not be sorted: %s", type(error).__name__)
