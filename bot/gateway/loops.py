"""Work that the gateway does again and again, and how it ends: between two rounds.

A round that is cancelled in the middle of a database call loses its connection, so stopping
waits for the round under way instead.
"""

import asyncio
from collections.abc import Awaitable, Callable

# How long stopping waits for work under way before it is cancelled.
GRACE_SECONDS = 2.0


async def every(
    seconds: float, stopping: asyncio.Event, work: Callable[[], Awaitable[None]]
) -> None:
    """Do `work` every so many seconds until `stopping` is set."""
    while not stopping.is_set():
        await work()
        try:
            async with asyncio.timeout(seconds):
                await stopping.wait()
        except TimeoutError:
            continue


async def finish(*tasks: "asyncio.Task[None]") -> None:
    """Wait for tasks that have been told to stop; cancel those that take too long."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
