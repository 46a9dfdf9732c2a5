"""Tells the connections of a conversation that its log has grown.

The log in the database is the truth: a connection is only woken and reads what it has not sent
yet, so nothing can be lost, doubled or reordered here. `turn` and `typing` frames are passing
signals and go through the same queue, to stay in order with the events around them.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# None wakes a connection to read the log; a dictionary is a frame to pass on.
Signal = dict[str, Any] | None
WAITING = 256


class Hub:
    """The connections of this process, by conversation."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Queue[Signal]]] = {}
        self._watchers: list[Callable[[], None]] = []

    def watch(self, grown: Callable[[], None]) -> None:
        """Have `grown` called whenever a log has grown in this process."""
        self._watchers.append(grown)

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

    def log_grew(self, conversation_id: str) -> None:
        """Wake the connections, and who watches: there are new events to read."""
        self.wake(conversation_id)
        for grown in self._watchers:
            grown()

    def wake(self, conversation_id: str) -> None:
        """Wake the connections: there may be new events to read."""
        self._put(conversation_id, None)

    def pass_on(self, conversation_id: str, frame: dict[str, Any]) -> None:
        """Send a passing frame to the connections."""
        self._put(conversation_id, frame)

    def _put(self, conversation_id: str, signal: Signal) -> None:
        for queue in self._listeners.get(conversation_id, ()):
            # A reader that is this far behind reads the log anyway when it gets to the queue.
            if not queue.full():
                queue.put_nowait(signal)
