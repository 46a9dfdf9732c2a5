"""Makes every Rasa serve the model that is active, without a message lost or answered twice.

While a Rasa loads a model it answers nobody for a second or two. The turns of this gateway wait for
that in the database; those of other gateways wait in Rasa, or ask another one. One gateway at a
time changes models. A Rasa that is away meanwhile gets the model when it is back; until then the
others are asked first.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.gateway.rasa_pool import Engine, RasaPool
from bot.gateway.turns import TurnRunner
from bot.places import sources_digest
from bot.services import active_model
from bot.services.active_model import one_gateway
from bot.teaching.installed import ensure_installed, path_of, usable_active

log = logging.getLogger(__name__)

SWEEP_SECONDS = 10.0
# After this long without a new model, turns are asked again whatever Rasa does.
LOAD_SECONDS = 60.0
# A model that could not be loaded is left alone for a while: every attempt costs a pause.
AGAIN_SECONDS = 300.0


class ModelSwap:
    """Swaps the model of all Rasa processes that this gateway asks."""

    def __init__(self, app: Application, pool: RasaPool, runner: TurnRunner) -> None:
        self._app = app
        self._pool = pool
        self._runner = runner
        self._swapping = asyncio.Lock()
        self._failed: dict[str, float] = {}
        self._installed = False
        self._digest: str | None = None

    async def digest(self) -> str:
        """That of the sources of this process; they do not change while it runs."""
        if self._digest is None:
            self._digest = await asyncio.to_thread(sources_digest)
        return self._digest

    async def to(self, model: Path) -> bool:
        """Have every Rasa that answers serve a model; False if one does not, or none answers.

        The caller holds `alone`.
        """
        return await self._load(model, self._pool.engines)

    @property
    def alone(self) -> AbstractAsyncContextManager[None]:
        """Held while the active model changes, so that no gateway's `keep` changes it back."""
        return self._alone()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        async with self._swapping, one_gateway(self._app.database, wait=True):
            yield

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
        if not self._installed:
            await self._install()
        model = await usable_active(self._app, self.digest)
        if model is None or not await self._pool.look(model.file):
            return
        if time.monotonic() < self._failed.get(model.file, 0.0):
            return
        async with one_gateway(self._app.database, wait=False) as alone:
            # Another gateway may be at it, or has just been.
            if not alone or await usable_active(self._app, self.digest) != model:
                return
            stale = await self._pool.look(model.file)
            if not stale:
                return
            log.warning("%d Rasa serve another model than the active one: given that", len(stale))
            if not await self._load(path_of(self._app, model), stale):
                self._failed[model.file] = time.monotonic() + AGAIN_SECONDS

    async def _install(self) -> None:
        """Once, as soon as it is trained: the model of a new version replaces that of the old one.

        The gateways of the old version leave the engines alone from then on. Where no model was
        ever switched on, the engines serve what they were started with.
        """
        async with one_gateway(self._app.database, wait=False) as alone:
            if alone:
                before = await active_model.active(self._app.database)
                usable = before and await ensure_installed(self._app, await self.digest())
                self._installed = before is None or usable is not None

    async def _load(self, model: Path, engines: Sequence[Engine]) -> bool:
        """Load a model; this gateway asks nothing meanwhile unless others are up to date."""
        answering = await asyncio.gather(*(engine.client.is_ready() for engine in engines))
        here = [engine for engine, ready in zip(engines, answering, strict=True) if ready]
        others = [engine for engine in self._pool.engines if engine not in engines]
        seconds = self._app.settings.rasa_timeout_seconds
        if any(not engine.avoided for engine in others):
            loaded = await self._load_into(here, model)
        else:
            async with self._runner.paused(seconds):
                loaded = await self._load_into(here, model)
        if loaded:
            await self._pool.look(model.name)
        return loaded

    async def _load_into(self, engines: Sequence[Engine], model: Path) -> bool:
        loads = (engine.client.load(model, LOAD_SECONDS) for engine in engines)
        loaded = await asyncio.gather(*loads)
        return bool(loaded) and all(loaded)
