"""How Rasa reaches the action servers: over connections that are kept, and past one that is down.

Rasa's own endpoint knows one address, opens a connection for every call and waits five minutes. A
call here goes to the next server in turn, and to another one when the first refuses, breaks off or
is silent. Running an action twice is harmless: what an action writes (a refill request, taking one
back, a notice) it writes once, and the second run says that it is there already.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, List, Optional

import aiohttp
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.nlu.quiet import SafeText
from bot.request_ids import HEADER, current_request_id

# An action gives up after six seconds: a server that is silent for longer has stopped.
SILENT_SECONDS = 6.5
# What one of several servers may take of the time at most, so that another one has some left.
SHARE = 0.7
CONNECT_SECONDS = 1.0
# For how long the others come first after a failure.
AVOID_SECONDS = 5.0
_FAILURES = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, asyncio.TimeoutError)

log = logging.getLogger("willcall.rasa")


@dataclass
class _Server:
    url: str
    avoided_until: float = 0.0


class ActionServers(EndpointConfig):
    """Rasa's endpoint for actions. `patience`: seconds for one call, whoever answers it."""

    def __init__(
        self,
        urls: Sequence[str],
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`urls` are whole addresses, each with its path."""
        super().__init__(urls[0])
        self._servers = [_Server(url) for url in urls]
        self._patience = patience
        self._silent = patience if len(urls) == 1 else min(SILENT_SECONDS, SHARE * patience)
        self._clock = clock
        self._next = 0
        self._kept: Optional[aiohttp.ClientSession] = None

    async def request(
        self,
        method: str = "post",
        subpath: Optional[str] = None,
        content_type: Optional[str] = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The server's JSON answer. Raises Rasa's ClientResponseError for a status of 400 or
        more, and what aiohttp raises when no server answers."""
        body = json.dumps(kwargs["json"]).encode()
        deadline = self._clock() + self._patience
        failure: Exception = asyncio.TimeoutError()
        for server in self._in_turn():
            left = deadline - self._clock()
            if left <= 0:
                break
            try:
                return await self._ask(server.url, body, min(left, self._silent))
            except _FAILURES as error:
                self._avoid(server)
                failure = error
                if len(self._servers) == 1 and isinstance(error, asyncio.TimeoutError):
                    break  # more work helps no server that is slow
        raise failure

    async def close(self) -> None:
        """Close the connections."""
        if self._kept is not None:
            await self._kept.close()

    def _avoid(self, server: _Server) -> None:
        now = self._clock()
        if server.avoided_until <= now:
            log.error(SafeText(f"the action server at {server.url} does not answer"))
        server.avoided_until = now + AVOID_SECONDS

    def _in_turn(self) -> "List[_Server]":
        """Whom to ask, one after the other: the next in turn, those that failed lately last.

        A server alone is asked again: a connection that was kept may be one that it has closed.
        """
        if len(self._servers) == 1:
            return self._servers * 2
        self._next = (self._next + 1) % len(self._servers)
        rotated = self._servers[self._next :] + self._servers[: self._next]
        now = self._clock()
        return sorted(rotated, key=lambda server: server.avoided_until > now)

    async def _ask(self, url: str, body: bytes, seconds: float) -> Any:
        headers = {"Content-Type": "application/json"}
        if request_id := current_request_id():
            headers[HEADER] = request_id
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        async with self._session().post(
            url, data=body, headers=headers, timeout=timeout
        ) as response:
            if response.status >= 400:
                raise ClientResponseError(
                    response.status, str(response.reason), await response.text()
                )
            return await response.json()

    def _session(self) -> aiohttp.ClientSession:
        if self._kept is None:
            self._kept = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._kept
