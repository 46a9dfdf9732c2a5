"""How long the stages of a piece of work take: for metrics alone, never for a decision."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Stopwatch:
    """Seconds by stage; a stage that comes twice is added up."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._started = time.perf_counter()

    @property
    def so_far(self) -> float:
        """Seconds since it was started."""
        return time.perf_counter() - self._started

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the block as a stage, also when it raises."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] = self.spent.get(name, 0.0) + time.perf_counter() - started


_running: ContextVar[Stopwatch | None] = ContextVar("stopwatch", default=None)


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """A stopwatch that `stage` finds for as long as the block runs."""
    watch = Stopwatch()
    token = _running.set(watch)
    try:
        yield watch
    finally:
        _running.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the block as a stage of whatever is being timed; nothing when nothing is."""
    watch = _running.get()
    if watch is None:
        yield
        return
    with watch.stage(name):
        yield
