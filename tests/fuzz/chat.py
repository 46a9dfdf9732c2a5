"""A patient's device that says anything at all, and keeps account of what it was answered."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests import contract
from tests.fuzz import tally
from tests.fuzz.actors import HANG_SECONDS
from tests.fuzz.house import FuzzedGateway

# What the document says a socket may be closed with, and 1000 for what we close ourselves.
CLOSE_CODES = {1000, 1001, 1009, 4401}
# A frame that is much too large is not read to its end, so that the goodbye may be lost with it.
LOST = 1006


@dataclass
class Chat:
    """One conversation with its socket, and what has to be true of it afterwards."""

    gateway: FuzzedGateway
    session: aiohttp.ClientSession
    conversation_id: str = ""
    secret: str = ""
    socket: aiohttp.ClientWebSocketResponse | None = None
    acked: dict[str, int] = field(default_factory=dict)
    # What was sent first under a client_id, if it is to be found in the log as it is.
    said: dict[str, str] = field(default_factory=dict)
    choices: list[str] = field(default_factory=list)
    # The events by number, as the device knows them: shown, or its own and acknowledged.
    seen: dict[int, str] = field(default_factory=dict)
    too_large: bool = False
    # Also those that were left without a word: they stay open until the end.
    opened: list[aiohttp.ClientWebSocketResponse] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"{self.gateway.address}/api/v1/conversations/{self.conversation_id}"

    async def open(self) -> None:
        """Begin it."""
        async with self.session.post(
            f"{self.gateway.address}/api/v1/conversations", json={}
        ) as response:
            body = await response.json()
        self.conversation_id, self.secret = body["conversation_id"], body["secret"]

    async def connect(self) -> None:
        """Connect, with everything that was missed."""
        last = max(self.seen, default=0)
        await self.knock({"type": "hello", "secret": self.secret, "after": last})
        welcome = await self.frame()
        assert welcome["type"] == "welcome", welcome
        while max(self.seen, default=0) < welcome["last_seq"]:
            await self.frame()

    async def knock(self, first: Any) -> None:
        """Connect with any first frame."""
        self.socket = await self.session.ws_connect(f"{self.path}/socket", max_msg_size=0)
        self.opened.append(self.socket)
        await self.throw(first)

    async def leave(self) -> None:
        """Close every socket."""
        for opened in self.opened:
            await opened.close()

    async def throw(self, frame: Any) -> None:
        """Send a frame: text and bytes as they are, anything else as JSON."""
        assert self.socket is not None
        tally.THROWN["frames"] += 1
        if isinstance(frame, bytes):
            await self.socket.send_bytes(frame)
        else:
            text = frame if isinstance(frame, str) else json.dumps(frame)
            await self.socket.send_frame(
                text.encode("utf-8", "surrogatepass"), aiohttp.WSMsgType.TEXT
            )

    async def frame(self) -> dict[str, Any]:
        """The next frame, held against the document, or `closed` with its code."""
        assert self.socket is not None
        try:
            async with asyncio.timeout(HANG_SECONDS):
                message = await self.socket.receive()
        except TimeoutError:
            tally.THROWN["hangs"] += 1
            raise
        if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
            code = self.socket.close_code
            assert code in CLOSE_CODES or (self.too_large and code == LOST), code
            return {"type": "closed", "code": code}
        body: dict[str, Any] = json.loads(message.data)
        contract.check_named("ServerFrame", body)
        self._note(body)
        return body

    def _note(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "event":
            assert frame["seq"] not in self.seen, f"{frame} has come twice"
            self.seen[frame["seq"]] = frame["text"]
            self.choices += [choice["choice_id"] for choice in frame.get("choices", [])]
        if frame["type"] == "ack":
            client_id, seq = frame["client_id"], frame["seq"]
            assert self.acked.setdefault(client_id, seq) == seq, "a repeat got another number"
            self.seen.setdefault(seq, "")

    async def until(self, *kinds: str) -> dict[str, Any]:
        """The next frame of one of these types, or `closed`."""
        while True:
            frame = await self.frame()
            if frame["type"] in (*kinds, "closed"):
                return frame

    async def goes_on(self) -> None:
        """It takes a message, and answers."""
        client_id = uuid.uuid4().hex
        await self.throw({"type": "message", "client_id": client_id, "text": "hello"})
        frame = await self.until("ack")
        while frame.get("client_id") != client_id:
            frame = await self.until("ack")
        while (await self.until("turn"))["in_reply_to"] != client_id:
            pass
        while (frame := await self.until("turn"))["state"] != "finished":
            pass

    async def log(self) -> list[dict[str, Any]]:
        """The whole log."""
        events: list[dict[str, Any]] = []
        while True:
            after = events[-1]["seq"] if events else 0
            async with self.session.get(
                f"{self.path}/events?after={after}",
                headers={"Authorization": f"Bearer {self.secret}"},
            ) as response:
                page = (await response.json())["events"]
            if not page:
                return events
            events += page
