"""Devices that connect, are welcomed, and then only listen: `python -m bench.idle_clients`.

A process of its own, so that it takes nothing from the one that measures. Standard input has the
gateway's address and then a line `id secret` for each device; standard output says `ready` when
all are welcome. It stays until standard input is closed, and then says how many are still
answered.
"""

import asyncio
import sys

import aiohttp

from bot.supervised import exit_with_parent

AT_ONCE = 50
# What no gateway knows: the answer is an error, from a socket that still works.
PROBE = {"type": "still there?"}


async def main() -> None:
    """Connect all and listen."""
    address, *lines = (line.strip() for line in iter(sys.stdin.readline, "\n"))
    gate = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        opened = [_connected(session, gate, address, *line.split()) for line in lines]
        sockets = await asyncio.gather(*opened)
        listening = [asyncio.create_task(_listen(socket)) for socket in sockets]
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for socket in sockets:
            if not socket.closed:
                await socket.send_json(PROBE)
        print(sum(await asyncio.gather(*listening)), flush=True)


async def _connected(
    session: aiohttp.ClientSession,
    gate: asyncio.Semaphore,
    address: str,
    conversation_id: str,
    secret: str,
) -> aiohttp.ClientWebSocketResponse:
    async with gate:
        socket = await session.ws_connect(
            f"{address}/api/v1/conversations/{conversation_id}/socket", compress=15
        )
        await socket.send_json({"type": "hello", "secret": secret, "after": 0})
        welcome = await socket.receive_json(timeout=60)
    if welcome["type"] != "welcome":
        raise RuntimeError(f"not welcome: {welcome}")
    return socket


async def _listen(socket: aiohttp.ClientWebSocketResponse) -> bool:
    """Answers the gateway's pings. True when the probe is answered, False when the socket ends."""
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT and message.json()["type"] == "error":
            return True
    return False


if __name__ == "__main__":
    exit_with_parent()
    asyncio.run(main())
