"""Makes Rasa serve the model that is active, without a message lost, answered twice or excused.

While Rasa loads a model it answers nobody for a second or two. The turns of this gateway wait for
that in the database; those of other gateways wait in Rasa. Rasa's dialogues begin anew with the new
model, which nobody notices: what a chat remembers is the gateway's.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.gateway.rasa_client import RasaClient
from bot.gateway.turns import TurnRunner
from bot.places import sources_digest
from bot.teaching.installed import path_of, usable_active

log = logging.getLogger(__name__)

SWEEP_SECONDS = 10.0
# After this long without a new model, turns are asked again whatever Rasa does.
LOAD_SECONDS = 60.0
# A model that could not be loaded is left alone for a while: every attempt costs a pause.
AGAIN_SECONDS = 300.0


class ModelSwap:
    """Swaps the model of all Rasa processes that this gateway asks."""

    def __init__(self, app: Application, engines: Sequence[RasaClient], runner: TurnRunner) -> None:
        self._app = app
        self._engines = engines
        self._runner = runner
        self._swapping = asyncio.Lock()
        self._failed: dict[str, float] = {}
        self._digest: str | None = None

    async def digest(self) -> str:
        """That of the sources of this process; they do not change while it runs."""
        if self._digest is None:
            self._digest = await asyncio.to_thread(sources_digest)
        return self._digest

    async def to(self, model: Path) -> bool:
        """Have every engine serve a model; False if one does not. The caller holds `alone`."""
        async with self._runner.paused(self._app.settings.rasa_timeout_seconds):
            loaded = [await engine.load(model, LOAD_SECONDS) for engine in self._engines]
        return all(loaded)

    @property
    def alone(self) -> asyncio.Lock:
        """Held while the active model changes, so that `keep` does not change it back."""
        return self._swapping

    async def keep(self) -> None:
        """Make engines serve the active model that were started with another one, as after a
        restart of their own, an activation elsewhere, or one that was cut short."""
        try:
            async with self._swapping:
                await self._keep()
        except (SQLAlchemyError, OSError) as error:
            log.error("the active model cannot be looked for: %s", type(error).__name__)
        except Exception as error:
            log.exception("the active model could not be served: %s", type(error).__name__)

    async def _keep(self) -> None:
        model = await usable_active(self._app, self.digest)
        if model is None or time.monotonic() < self._failed.get(model.file, 0.0):
            return
        served = [await engine.serves() for engine in self._engines]
        if all(name in (None, model.file) for name in served):
            return
        log.warning("Rasa serves another model than the active one, and is given that")
        if not await self.to(path_of(self._app, model)):
            self._failed[model.file] = time.monotonic() + AGAIN_SECONDS
