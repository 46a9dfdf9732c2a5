"""How far a job is, and that it lives: written while it is under way, and told to consoles."""

import asyncio
import logging
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.services import models
from bot.services.models import Job, Step
from bot.teaching.trainer import TrainingFailedError

log = logging.getLogger(__name__)

# Progress is written this often at most: the database has other work.
TELL_SECONDS = 1.0

# Is called when a card has changed.
Told = Callable[[], None]


class SignsOfLife:
    """Writes the progress of one job."""

    def __init__(self, app: Application, job: Job, told: Told) -> None:
        self._app = app
        self._job = job
        self._told = told
        self._last: tuple[Step, int, int] = ("training", 0, 0)
        self._next = 0.0

    async def tell(self, step: Step, done: int, of: int) -> None:
        """Say how far it is. Raises TrainingFailedError when the job has been given up."""
        before, self._last = self._last, (step, done, of)
        now = time.monotonic()
        if step == before[0] and now < self._next:
            return
        self._next = now + TELL_SECONDS
        if not await self._write():
            raise TrainingFailedError(models.INTERRUPTED)
        self._told()

    async def go_on(self) -> None:
        """Say again and again that it lives, until cancelled."""
        while True:
            await asyncio.sleep(models.BEAT_SECONDS)
            try:
                await self._write()
            except (SQLAlchemyError, OSError) as error:
                log.error("a training cannot be reported: %s", type(error).__name__)

    async def _write(self) -> bool:
        return await models.note_progress(
            self._app.database, self._job, *self._last, self._app.now()
        )
