"""Tells the connections of a conversation that its log has grown.

The log in the database is the truth: a connection is woken and reads what it has not sent yet, so
nothing can be lost, doubled or reordered here. Events that were just committed come along and spare
the reading, for a connection that has sent all before them. `turn` and `typing` frames are passing
signals and go through the same queue, to stay in order with the events around them. What happens
here is told to the other gateways in the same order.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bot.gateway.news import Frame, Grew, News
from bot.services.event_log import LoggedEvent

# None wakes a connection to read the log; a dictionary is a frame to pass on. Events are what a
# transaction of this process has just written: who has all before them need not read.
Signal = dict[str, Any] | Sequence[LoggedEvent] | None
WAITING = 256
# So many signals may wait with events of their own; a reader that is further behind reads the log.
AT_HAND = 16


class Hub:
    """The connections of this process, by conversation."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Queue[Signal]]] = {}
        self._watchers: list[Callable[[], None]] = []
        self._tell: Callable[[News], None] = _tell_nobody

    def watch(self, grown: Callable[[], None]) -> None:
        """Have `grown` called whenever a log has grown, as far as this process knows."""
        self._watchers.append(grown)

    def tell_others(self, tell: Callable[[News], None]) -> None:
        """Have `tell` called with what the other gateways should know."""
        self._tell = tell

    def conversations(self) -> list[str]:
        """The conversations that somebody here listens to."""
        return list(self._listeners)

    @contextmanager
    def listen(self, conversation_id: str) -> Iterator[asyncio.Queue[Signal]]:
        """A queue of signals for as long as the block runs."""
        queue: asyncio.Queue[Signal] = asyncio.Queue(WAITING)
        listeners = self._listeners.setdefault(conversation_id, set())
        listeners.add(queue)
        try:
            yield queue
        finally:
            listeners.discard(queue)
            if not listeners:
                self._listeners.pop(conversation_id, None)

    def log_grew(
        self,
        conversation_id: str,
        events: Sequence[LoggedEvent] = (),
        *,
        watched: bool = True,
    ) -> None:
        """Wake the connections, and who watches, everywhere: there are new events to read.

        `events` are these, where they are at hand. Who watches is left alone when nobody at the
        desk was told.
        """
        self.log_grew_here(conversation_id, events, watched=watched)
        self._tell(Grew(conversation_id=conversation_id))

    def log_grew_here(
        self,
        conversation_id: str,
        events: Sequence[LoggedEvent] = (),
        *,
        watched: bool = True,
    ) -> None:
        """The same in this process alone."""
        self._put(conversation_id, events or None)
        for grown in self._watchers if watched else ():
            grown()

    def wake(self, conversation_id: str) -> None:
        """Wake the connections of this process: there may be new events to read."""
        self._put(conversation_id, None)

    def pass_on(self, conversation_id: str, frame: dict[str, Any]) -> None:
        """Send a passing frame to the connections, wherever they are."""
        self.pass_on_here(conversation_id, frame)
        self._tell(Frame(conversation_id=conversation_id, frame=frame))

    def pass_on_here(self, conversation_id: str, frame: dict[str, Any]) -> None:
        """Send a passing frame to the connections of this process."""
        self._put(conversation_id, frame)

    def _put(self, conversation_id: str, signal: Signal) -> None:
        for queue in self._listeners.get(conversation_id, ()):
            _add(queue, signal)


def _add(queue: asyncio.Queue[Signal], signal: Signal) -> None:
    """Put a signal into a queue, for a reader that may have stopped reading.

    A passing frame is let go when there is no room. That a log has grown is not: the oldest signal
    makes room for it. Who is behind is given no events to keep, and reads the log instead.
    """
    if isinstance(signal, dict):
        if not queue.full():
            queue.put_nowait(signal)
        return
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(signal if queue.qsize() < AT_HAND else None)


def _tell_nobody(_news: News) -> None:
    """There is no other gateway."""
