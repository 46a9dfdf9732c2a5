"""Answers the turns that the bot owes, each conversation in order, conversations side by side."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.directives import Directive
from bot.gateway.hub import Hub
from bot.gateway.loops import finish
from bot.gateway.rasa_client import RasaClient
from bot.services import turns

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
# How long an answer may take beyond Rasa's time before another gateway may take the turn up.
LEASE_MARGIN = timedelta(seconds=3)
# A turn that has ended as many gateways gets an apology instead of another try.
MOST_ATTEMPTS = 3


class TurnRunner:
    """One worker for each conversation that has turns to answer."""

    def __init__(self, app: Application, rasa: RasaClient, hub: Hub) -> None:
        self._app = app
        self._rasa = rasa
        self._hub = hub
        self._lease = timedelta(seconds=app.settings.rasa_timeout_seconds) + LEASE_MARGIN
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._fresh = app.database.backend == "sqlite"
        self._stopping = False
        # Clear while nothing may be asked.
        self._may_ask = asyncio.Event()
        self._may_ask.set()
        self._asking = 0
        self._none_asks = asyncio.Event()
        self._none_asks.set()

    def wake(self, conversation_id: str) -> None:
        """There is a turn to answer in this conversation."""
        if self._stopping:
            return
        if conversation_id in self._workers:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._work(conversation_id))
        self._workers[conversation_id] = task
        task.add_done_callback(lambda _: self._finished(conversation_id))

    async def sweep(self) -> None:
        """Take up turns that were left behind by a crash or a database that was away."""
        try:
            if self._fresh:
                # The claims of the only gateway's predecessor: nobody works on them.
                await turns.release_all(self._app.database)
                self._fresh = False
            now = self._app.now()
            for conversation_id in await turns.waiting_conversations(self._app.database, now):
                self.wake(conversation_id)
        except (SQLAlchemyError, OSError) as error:
            log.error("cannot look for unanswered turns: %s", type(error).__name__)

    @asynccontextmanager
    async def paused(self, seconds: float) -> AsyncIterator[None]:
        """Ask Rasa nothing while the block runs; turns stay owed and are answered after it.

        Waits before it for the answers that are under way, `seconds` at most.
        """
        self._may_ask.clear()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._none_asks.wait()
            yield
        finally:
            self._may_ask.set()

    async def close(self) -> None:
        """Stop all workers; what they do not finish is answered after the next start."""
        self._stopping = True
        self._may_ask.set()
        await finish(*self._workers.values())

    def _finished(self, conversation_id: str) -> None:
        self._workers.pop(conversation_id, None)
        if conversation_id in self._again:
            self._again.discard(conversation_id)
            self.wake(conversation_id)

    async def _work(self, conversation_id: str) -> None:
        """Answer turn after turn. A database that is away leaves them to the next sweep."""
        try:
            while await self._goes_on():
                self._again.discard(conversation_id)
                owed = await turns.claim_next(
                    self._app.database, conversation_id, self._lease, self._app.now()
                )
                if owed is None:
                    return
                await self._answer(owed)
        except (SQLAlchemyError, OSError) as error:
            log.error("a turn waits for the database: %s", type(error).__name__)
        except Exception as error:
            log.exception("a turn failed: %s", type(error).__name__)

    async def _goes_on(self) -> bool:
        """Wait until Rasa may be asked; False when everything is to stop."""
        await self._may_ask.wait()
        return not self._stopping

    async def _ask(self, owed: turns.Owed) -> Sequence[Directive] | None:
        if owed.attempts > MOST_ATTEMPTS:
            return None
        await self._may_ask.wait()  # a pause may have begun since it was claimed
        self._asking += 1
        self._none_asks.clear()
        try:
            return await self._rasa.ask(owed.conversation_id, owed.input)
        finally:
            self._asking -= 1
            if not self._asking:
                self._none_asks.set()

    async def _answer(self, owed: turns.Owed) -> None:
        self._signal(owed, "started")
        spoken = await self._ask(owed)
        try:
            await turns.answer(self._app.database, owed, spoken, self._app.rules, self._app.now())
        except (SQLAlchemyError, OSError):
            raise
        except Exception as error:
            # A reply that cannot be written (a response without wording, say) must not be silence.
            log.error("an answer could not be written: %s", type(error).__name__)
            await turns.answer(self._app.database, owed, None, self._app.rules, self._app.now())
        self._hub.log_grew(owed.conversation_id)
        self._signal(owed, "finished")

    def _signal(self, owed: turns.Owed, state: str) -> None:
        frame = {"type": "turn", "state": state, "in_reply_to": owed.in_reply_to}
        self._hub.pass_on(owed.conversation_id, frame)
