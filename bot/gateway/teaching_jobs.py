"""Makes the candidates that pharmacists ask for, in the background of one of the gateways.

One that ends in the middle, however it does, leaves the job to another one or to its successor. One
without the training environment leaves every job to those that have it.
"""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.gateway.desk_feed import DeskFeed
from bot.places import RASA_PYTHON
from bot.services import models
from bot.teaching.job import make_candidate

log = logging.getLogger(__name__)

# How often this gateway looks for a job that was asked for elsewhere or left behind.
SWEEP_SECONDS = 5.0


class TeachingJobs:
    """The one job of this process, if it has one."""

    def __init__(self, app: Application, desk: DeskFeed) -> None:
        self._app = app
        self._desk = desk
        self._job: asyncio.Task[None] | None = None
        self._trains = RASA_PYTHON.exists()
        if not self._trains:
            log.info("trainings are left to gateways that have the training environment")

    def wake(self) -> None:
        """There may be a candidate to make."""
        if not self._trains:
            return
        if self._job is None or self._job.done():
            self._job = asyncio.create_task(self._make())

    def tell(self) -> None:
        """Tell the consoles here that a card has changed."""
        self._desk.pass_on("models", "")

    async def sweep(self) -> None:
        """Take up what was left behind, and what waits."""
        try:
            if await models.give_back_abandoned(self._app.database, self._app.now()):
                self.tell()
        except (SQLAlchemyError, OSError) as error:
            log.error("cannot look for trainings: %s", type(error).__name__)
            return
        self.wake()

    async def close(self) -> None:
        """End the job; whoever finds it waiting begins it anew."""
        if self._job is not None:
            self._job.cancel()
            await asyncio.gather(self._job, return_exceptions=True)

    async def _make(self) -> None:
        try:
            while await make_candidate(self._app, self.tell, leave=True):
                continue
        except (SQLAlchemyError, OSError) as error:
            log.error("a training waits for the database: %s", type(error).__name__)
        except Exception as error:
            log.exception("a training failed: %s", type(error).__name__)
