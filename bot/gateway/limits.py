"""Rate limits: so many a minute for each key, counted over all gateways where they share a Redis.

Without one, or while it is away, each gateway counts for itself. The library's own counter in
memory is not used for that: it looks through all keys with every event.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from time import monotonic

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

MINUTE = 60.0
MOST_KEYS = 50_000
# A patient waits for this, so it is short.
REDIS_SECONDS = 0.3
# How long it is left alone after it has not answered.
AGAIN_SECONDS = 5.0


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


class SharedCounts:
    """What all gateways count together, in Redis."""

    def __init__(self, url: str, clock: Callable[[], float] = monotonic) -> None:
        # A Redis that hangs must not be asked by ever more connections.
        self._storage = RedisStorage(url, implementation="redispy", key_prefix="willcall")
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._clock = clock
        self._away = False
        self._again_at = 0.0

    async def hit(self, item: RateLimitItemPerMinute, name: str, key: str) -> bool | None:
        """Count an event if it is within the limit; None while Redis is away."""
        if self._away:
            if self._clock() < self._again_at:
                return None
            self._again_at = self._clock() + AGAIN_SECONDS  # one tries, the others do not wait
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                allowed = await self._limiter.hit(item, name, key)
        except (RedisError, OSError, TimeoutError) as error:
            self._lost(error)
            return None
        if self._away:
            log.warning("Redis is back: limits hold over all gateways again")
            self._away = False
        return allowed

    async def close(self) -> None:
        """Close the connections."""
        bridge = self._storage.bridge
        assert isinstance(bridge, RedispyBridge)
        await bridge.storage.aclose()

    def _lost(self, error: Exception) -> None:
        self._again_at = self._clock() + AGAIN_SECONDS
        if not self._away:
            log.error("Redis is away, limits hold for each gateway: %s", type(error).__name__)
        self._away = True


class RateLimit:
    """At most `limit` events a minute for each key; `name` tells this limit from the others."""

    def __init__(self, name: str, limit: int, shared: SharedCounts | None = None) -> None:
        self._name = name
        self._item = RateLimitItemPerMinute(limit)
        self._shared = shared
        self._here = SlidingWindow(limit)

    async def allows(self, key: str) -> bool:
        """Count an event of `key` if it is still within the limit."""
        if self._shared is not None:
            allowed = await self._shared.hit(self._item, self._name, key)
            if allowed is not None:
                return allowed
        return self._here.allows(key)
