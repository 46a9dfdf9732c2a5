"""Rate limits: what is counted, over several gateways, and while Redis is away."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.gateway.limits import AGAIN_SECONDS, MOST_KEYS, RateLimit, SharedCounts, SlidingWindow
from tests.gateway.conftest import Opening
from tests.private_redis import Redis, private_redis


class Seconds:
    """A clock in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def redis() -> Iterator[Redis]:
    with private_redis() as server:
        yield server


@pytest_asyncio.fixture
async def shared(redis: Redis) -> AsyncIterator[tuple[SharedCounts, Seconds]]:
    """What a gateway counts in that Redis, and its clock."""
    clock = Seconds()
    counts = SharedCounts(redis.url, clock)
    yield counts, clock
    await counts.close()


async def allowed(limit: RateLimit, key: str, times: int) -> int:
    """How many of so many events are allowed."""
    return sum([await limit.allows(key) for _ in range(times)])


def test_a_window_slides() -> None:
    clock = Seconds()
    window = SlidingWindow(2, clock)
    assert [window.allows("a") for _ in range(3)] == [True, True, False]
    assert window.allows("b")
    clock.now += 59
    assert not window.allows("a")
    clock.now += 1
    assert [window.allows("a") for _ in range(3)] == [True, True, False]


def test_the_oldest_keys_are_forgotten() -> None:
    window = SlidingWindow(1)
    for number in range(MOST_KEYS + 10):
        assert window.allows(str(number))
    assert window.allows("0")
    assert not window.allows(str(MOST_KEYS))


async def test_a_gateway_alone_counts_for_itself() -> None:
    limit = RateLimit("messages", 3)
    assert await allowed(limit, "a", 5) == 3
    assert await allowed(limit, "b", 1) == 1


async def test_gateways_count_together(redis: Redis, shared: tuple[SharedCounts, Seconds]) -> None:
    other = SharedCounts(redis.url)
    here, there = RateLimit("messages", 5, shared[0]), RateLimit("messages", 5, other)
    assert await allowed(here, "a", 3) == 3
    assert await allowed(there, "a", 4) == 2
    assert await allowed(here, "a", 1) == 0
    assert await allowed(here, "b", 1) == 1
    # Limits do not count each other's events.
    assert await allowed(RateLimit("openings", 5, other), "a", 1) == 1
    await other.close()


@pytest.mark.parametrize("how", ["kill", "hang"])
async def test_redis_away_is_no_outage(
    redis: Redis,
    shared: tuple[SharedCounts, Seconds],
    caplog: pytest.LogCaptureFixture,
    how: str,
) -> None:
    counts, clock = shared
    limit = RateLimit("messages", 3, counts)
    assert await allowed(limit, "a", 3) == 3
    getattr(redis, how)()
    # Each gateway counts for itself now, and begins anew.
    assert await allowed(limit, "a", 5) == 3
    clock.now += AGAIN_SECONDS
    assert await allowed(limit, "a", 5) == 0
    assert caplog.text.count("Redis is away") == 1
    if how == "hang":
        redis.go_on()
    else:
        redis.start()
    assert await allowed(limit, "a", 1) == 0, "not tried again yet"
    clock.now += AGAIN_SECONDS
    # What Redis knew is gone with it, unless it was only slow.
    assert await allowed(limit, "b", 4) == 3
    assert caplog.text.count("Redis is back") == 1


async def test_a_limit_of_the_interface_holds_over_gateways(
    open_house: Opening, redis: Redis
) -> None:
    settings = {"redis_url": redis.url, "new_conversations_per_minute": 3}
    houses = [await open_house(**settings), await open_house(**settings)]
    answers = []
    for number in range(5):
        house = houses[number % 2]
        url = f"{house.address}/api/v1/conversations"
        async with house.session.post(url, json={}) as response:
            answers.append((response.status, response.headers.get("Retry-After")))
    assert answers == [(201, None)] * 3 + [(429, "60")] * 2
