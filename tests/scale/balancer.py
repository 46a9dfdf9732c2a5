"""A load balancer as pharmacies put in front of gateways: it knows nothing but who takes a call."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Self

CHUNK = 64 * 1024


class Balancer:
    """Passes connections on to these ports, in turn or the first one first, past those away."""

    def __init__(self, *ports: int, in_turn: bool = True) -> None:
        self._ports = list(ports)
        self._in_turn = in_turn
        self._calls: set[asyncio.Task[None]] = set()
        self.address = ""
        # Connections by the port that took them.
        self.taken = dict.fromkeys(ports, 0)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._call, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        back: asyncio.StreamWriter | None = None
        with suppress(asyncio.CancelledError):
            taken = await self._take()
            if taken is not None:
                there, back = taken
                await _first_to_end(_pass_on(reader, back), _pass_on(there, writer))
        for line in (writer, back):
            if line is not None:
                line.transport.abort()

    async def _take(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A connection to the first gateway that takes it."""
        ports = list(self._ports)
        if self._in_turn:
            self._ports.append(self._ports.pop(0))
        for port in ports:
            with suppress(OSError):
                opened = await asyncio.open_connection("127.0.0.1", port)
                self.taken[port] += 1
                return opened
        return None


async def _first_to_end(*ways: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
