"""Rate limits, kept in the memory of the process."""

from collections import OrderedDict, deque
from collections.abc import Callable
from time import monotonic

MINUTE = 60.0
MOST_KEYS = 50_000


class SlidingWindow:
    """At most `limit` events a minute for each key; the oldest keys are forgotten first."""

    def __init__(self, limit: int, clock: Callable[[], float] = monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Count an event of `key` if it is still within the limit."""
        now = self._clock()
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while times and times[0] <= now - MINUTE:
            times.popleft()
        if len(times) >= self._limit:
            return False
        times.append(now)
        while len(self._seen) > MOST_KEYS:
            self._seen.popitem(last=False)
        return True
