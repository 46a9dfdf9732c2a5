"""Passes on what changes at the desk: to consoles, to patients in line, between gateways.

The list of changes in the database is the truth. One reader a process follows it, woken when
something happens here or another gateway tells, and once a second for what nobody told. A console
that falls behind is dropped, and resumes from its last event.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.gateway.hub import Hub
from bot.gateway.news import ForConsoles, News, SignedOut
from bot.services import alerts, staff_events, waits
from bot.services.instants import to_the_second
from bot.services.staff_events import Change

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
# All that happens within this time is read at once.
PAUSE_SECONDS = 0.05
FORGET_SECONDS = 3600.0
WAITING = 1000
KEPT = timedelta(days=3)


# None ends a stream. Only a change is repeated to a console that missed it.
Signal = Change | ForConsoles | SignedOut | None


class DeskFeed:
    """The reader of this process, and the consoles that are connected to it."""

    def __init__(self, app: Application, hub: Hub) -> None:
        self._app = app
        self._hub = hub
        self._consoles: set[asyncio.Queue[Signal]] = set()
        self._cursor: int | None = None
        self._places: dict[str, int | None] = {}
        self._grown = asyncio.Event()
        self._tell: Callable[[News], None] = lambda _news: None
        hub.watch(self.wake)

    def tell_others(self, tell: Callable[[News], None]) -> None:
        """Have `tell` called with what the other gateways should know."""
        self._tell = tell

    @property
    def consoles(self) -> int:
        """How many consoles are connected to this process."""
        return len(self._consoles)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Signal]]:
        """A queue of signals for as long as the block runs; None in it says: end."""
        queue: asyncio.Queue[Signal] = asyncio.Queue(WAITING)
        self._consoles.add(queue)
        try:
            yield queue
        finally:
            self._consoles.discard(queue)

    def pass_on(self, event: str, conversation_id: str, **data: Any) -> None:
        """Tell consoles, wherever they are, something that only matters now: typing, seen."""
        signal = ForConsoles(event=event, conversation_id=conversation_id, data=data)
        self.pass_on_here(signal)
        self._tell(signal)

    def pass_on_here(self, signal: ForConsoles) -> None:
        """Tell the consoles of this process."""
        self._put(signal)

    def signed_out(self, username: str) -> None:
        """Sessions of an account have ended: its consoles, wherever they are, look at theirs."""
        signal = SignedOut(username=username)
        self.signed_out_here(signal)
        self._tell(signal)

    def signed_out_here(self, signal: SignedOut) -> None:
        """The same for the consoles of this process."""
        self._put(signal)

    def wake(self) -> None:
        """Read again now: there may be something new, or the end has come."""
        self._grown.set()

    def close(self) -> None:
        """End all streams; consoles connect again."""
        for queue in list(self._consoles):
            _end(queue)

    async def follow(self, stopping: asyncio.Event) -> None:
        """Read and pass on until `stopping` is set. A database that is away is tried again."""
        while not stopping.is_set():
            try:
                await self._read()
            except (SQLAlchemyError, OSError) as error:
                log.error("the desk cannot be read: %s", type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)
            except Exception as error:
                log.exception("the desk's changes could not be told: %s", type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)
            await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._grown.wait()
        except TimeoutError:
            pass
        await asyncio.sleep(PAUSE_SECONDS)
        self._grown.clear()

    async def _read(self) -> None:
        """Pass on what is new; at the start, that is what comes from now on."""
        async with self._app.database.read() as session:
            if self._cursor is None:
                self._cursor = await staff_events.last_id(session)
                return
            changes = await staff_events.read_after(session, self._cursor)
        if not changes:
            return
        self._cursor = changes[-1].event_id
        for change in changes:
            self._put(change)
        # Another gateway may have written what a device here waits for.
        for conversation_id in dict.fromkeys(change.conversation_id for change in changes):
            self._hub.wake(conversation_id)
        await self._tell_places(changes)

    async def _tell_places(self, changes: Sequence[Change]) -> None:
        """Tell the patients who are connected here where in line they stand now."""
        if all(change.kind in ("message", "note") for change in changes):
            return
        async with self._app.database.read() as session:
            places = await waits.places(session, self._hub.conversations(), self._app.now())
        for conversation_id, place in places.items():
            number = place.place if place is not None and place.open_now else None
            before = self._places.get(conversation_id)
            if place is None or number == before:
                continue
            self._places[conversation_id] = number
            due_at = to_the_second(place.due_at)
            frame = {"type": "wait", "place": number, "due_at": due_at}
            if before is not None:
                self._hub.pass_on_here(conversation_id, frame)
        self._places = {key: self._places.get(key) for key in places if places[key] is not None}

    def _put(self, signal: Signal) -> None:
        for queue in list(self._consoles):
            if queue.full():
                _end(queue)
                self._consoles.discard(queue)
            else:
                queue.put_nowait(signal)


def _end(queue: asyncio.Queue[Signal]) -> None:
    """Let a console read on from its last event on a new connection."""
    while queue.full():
        queue.get_nowait()
    queue.put_nowait(None)


async def give_alerts(app: Application, hub: Hub) -> None:
    """Give the alerts that are due; a database that is away is tried again the next time."""
    try:
        now = app.now()
        for escalation_id in await alerts.due(app.database, now):
            conversation_id = await alerts.alert(app.database, escalation_id, app.rules, now)
            if conversation_id is not None:
                hub.log_grew(conversation_id)
    except (SQLAlchemyError, OSError) as error:
        log.error("alerts could not be given: %s", type(error).__name__)


async def forget_old(app: Application) -> None:
    """Delete changes that no console will ask for any more."""
    try:
        async with app.database.write() as session:
            await staff_events.forget(session, app.now() - KEPT)
    except (SQLAlchemyError, OSError) as error:
        log.error("old changes could not be deleted: %s", type(error).__name__)
