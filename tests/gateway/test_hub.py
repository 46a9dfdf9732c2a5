"""The hub with a reader that has stopped reading: it misses no growth, and keeps no events."""

import asyncio

from bot.gateway.hub import AT_HAND, WAITING, Hub, Signal
from bot.services.event_log import LoggedEvent
from tests.gateway.conftest import NOW

TYPING = {"type": "typing", "author": "staff"}


def event(seq: int) -> LoggedEvent:
    return LoggedEvent(seq, NOW, "message", "bot", f"text {seq}", {}, None)


def drained(queue: asyncio.Queue[Signal]) -> list[Signal]:
    return [queue.get_nowait() for _ in range(queue.qsize())]


def test_growth_is_told_behind_a_queue_full_of_passing_frames() -> None:
    hub = Hub()
    with hub.listen("c") as queue:
        for _ in range(WAITING + 10):
            hub.pass_on_here("c", TYPING)
        hub.log_grew_here("c", [event(1)])
        signals = drained(queue)
    assert signals[-1] is None
    assert len(signals) == WAITING


def test_growth_is_told_behind_a_queue_full_of_events() -> None:
    hub = Hub()
    with hub.listen("c") as queue:
        for seq in range(1, WAITING + 50):
            hub.log_grew_here("c", [event(seq)])
        signals = drained(queue)
    assert signals[-1] is None


def test_who_is_behind_keeps_no_events() -> None:
    hub = Hub()
    with hub.listen("c") as queue:
        for seq in range(1, WAITING):
            hub.log_grew_here("c", [event(seq)])
        signals = drained(queue)
    assert len([signal for signal in signals if signal is not None]) == AT_HAND
