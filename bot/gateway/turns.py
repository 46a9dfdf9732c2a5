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
from bot.gateway.metrics import Metrics, TurnOutcome, outcome_of
from bot.gateway.rasa_pool import RasaPool
from bot.logs import conversation_digest, fields
from bot.request_ids import identified, new_request_id
from bot.services import turns
from bot.services.owed_turns import Owed
from bot.services.turns import Answered
from bot.stopwatch import Stopwatch

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
# How long a turn stays claimed. A gateway that works on it prolongs that, well before it runs out;
# the turns of one that was killed are soon taken up.
LEASE = timedelta(seconds=6)
PROLONG_SECONDS = 3.0
# A turn that has ended as many gateways gets an apology instead of another try.
MOST_ATTEMPTS = 3


class TurnRunner:
    """One worker for each conversation that has turns to answer."""

    def __init__(self, app: Application, rasa: RasaPool, hub: Hub, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._rasa = rasa
        self._hub = hub
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        # Turns that were claimed when they were stored, until their worker begins with them.
        self._claimed: dict[str, Owed] = {}
        # The requests that turns came with: in memory alone, until the worker has ended.
        self._request_ids: dict[str, dict[int, str]] = {}
        self._fresh = app.database.backend == "sqlite"
        self._stopping = False
        # Clear while nothing may be asked.
        self._may_ask = asyncio.Event()
        self._may_ask.set()
        self._asking = 0
        self._none_asks = asyncio.Event()
        self._none_asks.set()

    def lease(self, conversation_id: str) -> timedelta | None:
        """How long a new turn may be claimed for, by who stores it and then wakes this runner.

        None when it cannot be answered at once: it has to wait until the runner comes to it.
        """
        free = self._may_ask.is_set() and conversation_id not in self._workers
        return LEASE if free and not self._stopping else None

    def wake(
        self,
        conversation_id: str,
        seq: int = 0,
        request_id: str | None = None,
        claimed: Owed | None = None,
    ) -> None:
        """There is a turn to answer in this conversation; its `seq` came with that request.

        `claimed` is the turn, when it was claimed for this runner.
        """
        if self._stopping:
            return
        if claimed is not None:
            self._claimed[conversation_id] = claimed
        if request_id is not None:
            self._request_ids.setdefault(conversation_id, {})[seq] = request_id
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
        if conversation_id not in self._again:
            self._request_ids.pop(conversation_id, None)
        if conversation_id in self._again:
            self._again.discard(conversation_id)
            self.wake(conversation_id)

    async def _work(self, conversation_id: str) -> None:
        """Answer turn after turn. A database that is away leaves them to the next sweep."""
        try:
            more = True
            while more and await self._goes_on():
                self._again.discard(conversation_id)
                owed = await self._next(conversation_id)
                if owed is None:
                    return
                with identified(self._request_id(owed)):
                    more = await self._answer(owed)
        except (SQLAlchemyError, OSError) as error:
            log.error("a turn waits for the database: %s", type(error).__name__)
        except Exception as error:
            log.exception("a turn failed: %s", type(error).__name__)

    async def _next(self, conversation_id: str) -> Owed | None:
        """The next turn of a conversation, claimed; None when there is none for this gateway."""
        claimed = self._claimed.pop(conversation_id, None)
        if claimed is not None:
            return claimed
        return await turns.claim_next(self._app.database, conversation_id, LEASE, self._app.now())

    def _request_id(self, owed: Owed) -> str:
        """The id of the request that brought the turn; a new one when another process took it."""
        known = self._request_ids.get(owed.conversation_id, {})
        return known.pop(owed.seq, None) or new_request_id()

    async def _goes_on(self) -> bool:
        """Wait until Rasa may be asked; False when everything is to stop."""
        await self._may_ask.wait()
        return not self._stopping

    async def _ask_and_hold(self, owed: Owed) -> Sequence[Directive] | None:
        """Ask Rasa, and keep the turn claimed for as long as that takes."""
        asking = asyncio.create_task(self._ask(owed))
        try:
            while not (await asyncio.wait([asking], timeout=PROLONG_SECONDS))[0]:
                await self._prolong(owed)
            return asking.result()
        finally:
            asking.cancel()

    async def _prolong(self, owed: Owed) -> None:
        """Keep a turn claimed. If that fails, another gateway may ask as well: it does no harm."""
        try:
            await turns.prolong(self._app.database, owed, LEASE, self._app.now())
        except (SQLAlchemyError, OSError) as error:
            log.warning("a turn could not be kept: %s", type(error).__name__)

    async def _ask(self, owed: Owed) -> Sequence[Directive] | None:
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

    async def _answer(self, owed: Owed) -> bool:
        """Answer a turn; whether another one is owed after it."""
        self._signal(owed, "started")
        watch = Stopwatch()
        with watch.stage("rasa"):
            spoken = await self._ask_and_hold(owed)
        with watch.stage("reply"):
            outcome, done = await self._write(owed, spoken)
        self._hub.log_grew(owed.conversation_id, done.events, watched=done.watched)
        self._signal(owed, "finished")
        self._account(owed, outcome, watch)
        return done.more

    async def _write(
        self, owed: Owed, spoken: Sequence[Directive] | None
    ) -> tuple[TurnOutcome, Answered]:
        """Write the answer, or the apology when it cannot be written."""
        database, rules = self._app.database, self._app.rules
        try:
            done = await turns.answer(database, owed, spoken, rules, self._app.now())
        except (SQLAlchemyError, OSError):
            raise
        except Exception as error:
            # A reply that cannot be written (a response without wording, say) must not be silence.
            log.error("an answer could not be written: %s", type(error).__name__)
            spoken = None
            done = await turns.answer(database, owed, None, rules, self._app.now())
        return outcome_of(spoken, written=done.written), done

    def _account(self, owed: Owed, outcome: TurnOutcome, watch: Stopwatch) -> None:
        """Count the turn, and leave one line about it."""
        whole = (self._app.now() - owed.asked_at).total_seconds()
        self._metrics.turn_answered(outcome, watch, whole)
        log.info(
            "turn ended",
            extra=fields(
                conversation=conversation_digest(owed.conversation_id),
                outcome=outcome,
                attempts=owed.attempts,
                rasa_ms=round(watch.spent["rasa"] * 1000, 1),
                reply_ms=round(watch.spent["reply"] * 1000, 1),
                ms=round(max(0.0, whole) * 1000, 1),
            ),
        )

    def _signal(self, owed: Owed, state: str) -> None:
        frame = {"type": "turn", "state": state, "in_reply_to": owed.in_reply_to}
        self._hub.pass_on(owed.conversation_id, frame)
