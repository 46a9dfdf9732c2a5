"""A patient's device that behaves as the widget does, and keeps an account of what it was shown.

It sends one message at a time, again and again until it is acknowledged, under one `client_id`; it
connects again whenever its line ends, from the last event up to which it misses nothing.
"""

import asyncio
import json
import socket
import struct
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

LOST = (aiohttp.ClientError, OSError, TimeoutError, TypeError, ValueError)
ACK_SECONDS = 10.0
AGAIN_SECONDS = 0.5
PATIENCE_SECONDS = 60.0
# How a line is cut: nothing that is still on its way arrives.
AT_ONCE = struct.pack("ii", 1, 0)


@dataclass
class Sent:
    """A message or a tap; `at` is by the wall clock, `seq` the number of its ack."""

    client_id: str
    frame: dict[str, Any]
    text: str
    reply: str
    at: float
    seq: int | None = None
    refused: int = 0


@dataclass
class Disorder:
    """What a device must never be sent: how often it was."""

    doubled: int = 0
    out_of_order: int = 0
    altered: int = 0


@dataclass(frozen=True)
class Shown:
    """An event on the screen, and when it came there by the wall clock."""

    event: dict[str, Any]
    at: float


@dataclass
class Patient:
    """One device in one conversation.

    `pace` decides how long it waits before it connects again; `drop_after` is the number of the
    frame, either way, after which its line is cut, once.
    """

    address: str
    pace: Random = field(default_factory=Random)
    drop_after: int | None = None
    conversation_id: str = ""
    secret: str = ""
    sent: dict[str, Sent] = field(default_factory=dict)
    shown: dict[int, Shown] = field(default_factory=dict)
    disorder: Disorder = field(default_factory=Disorder)
    frames: int = 0
    connections: int = 0
    finished: int = 0

    def __post_init__(self) -> None:
        self._session = aiohttp.ClientSession()
        self._requests = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._changed = asyncio.Event()
        self._live: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where its conversation is."""
        return f"{self.address}/api/v1/conversations/{self.conversation_id}"

    @property
    def reached(self) -> int:
        """Up to this event the device misses nothing."""
        known = self.shown.keys() | self.acknowledged()
        seq = 0
        while seq + 1 in known:
            seq += 1
        return seq

    def acknowledged(self) -> dict[int, Sent]:
        """Its own messages that it knows the numbers of."""
        return {sent.seq: sent for sent in self.sent.values() if sent.seq is not None}

    async def open(self) -> None:
        """Begin a conversation, however often it takes, and stay connected from then on."""
        while not self.conversation_id:
            with suppress(*LOST):
                status, body = await self._post(f"{self.address}/api/v1/conversations", locale="en")
                if status == 201:
                    self.conversation_id, self.secret = body["conversation_id"], body["secret"]
                    break
            await asyncio.sleep(AGAIN_SECONDS)
        self.connect()

    def beside(self) -> "Patient":
        """A second device in the same conversation."""
        return Patient(
            self.address, self.pace, conversation_id=self.conversation_id, secret=self.secret
        )

    def connect(self) -> None:
        """Stay connected from now on."""
        self._live = asyncio.create_task(self._stay())

    async def leave(self) -> None:
        """Go, and do not come back."""
        if self._live is not None:
            self._live.cancel()
            await asyncio.gather(self._live, return_exceptions=True)
        await self._session.close()
        await self._requests.close()

    async def drop(self) -> None:
        """Lose the line: nobody says goodbye. The device connects again by itself."""
        if self._socket is not None:
            line = self._socket.get_extra_info("socket")
            if line is not None:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        session, self._session, self._socket = self._session, aiohttp.ClientSession(), None
        await session.close()

    async def say(self, text: str, reply: str = "words") -> Sent:
        """Write a message, and see to it that it is acknowledged."""
        return await self._deliver({"type": "message", "text": text}, text, reply)

    def offered(self, label: str) -> str | None:
        """The button with this label in the last question, while who asked it still speaks."""
        events = [self.shown[seq].event for seq in sorted(self.shown, reverse=True)]
        for event in events:
            if event["kind"] == "owner" and event["owner"] != "queue":
                return None
            if event["kind"] == "choices":
                ids = {each["label"]: each["choice_id"] for each in event["choices"]}
                return ids.get(label)
        return None

    async def tap(self, label: str, reply: str = "words") -> Sent | None:
        """Tap a button, if it is offered, and see to it that the tap is acknowledged."""
        choice_id = self.offered(label)
        if choice_id is None:
            return None
        return await self._deliver({"type": "choice", "choice_id": choice_id}, label, reply)

    def verified(self) -> bool:
        """Whether the log says that identity is confirmed."""
        return any(shown.event.get("verified") is True for shown in self.shown.values())

    async def verify(self, **details: str) -> None:
        """Post the identity form, again if that fails, until the chat says that it is confirmed."""
        while not self.verified():
            status = 0
            with suppress(*LOST):
                status, _ = await self._post(f"{self.url}/identity", **details)
            seconds = PATIENCE_SECONDS if status == 200 else AGAIN_SECONDS
            await self.until(self.verified, seconds)

    async def answered(self, sent: Sent, seconds: float) -> bool:
        """Wait until something is shown that came after a message; whether it did in time."""
        after = sent.seq or 0

        def has_come() -> bool:
            return any(
                seq > after and shown.event["author"] != "patient"
                for seq, shown in self.shown.items()
            )

        return await self.until(has_come, seconds)

    async def until(self, reached: Callable[[], bool], seconds: float | None) -> bool:
        """Wait until something holds that frames or the line decide; whether it did in time."""
        try:
            async with asyncio.timeout(seconds):
                while not reached():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _post(self, url: str, **body: str) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.secret}"}
        async with self._requests.post(url, json=body, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
            return response.status, answer

    async def _deliver(self, frame: dict[str, Any], text: str, reply: str) -> Sent:
        sent = Sent(str(uuid.uuid4()), frame, text, reply, time.time())
        self.sent[sent.client_id] = sent
        while sent.seq is None:
            await self.until(lambda: self._socket is not None, None)
            await self._try(sent)
        return sent

    async def _try(self, sent: Sent) -> None:
        """Send once, and wait for what comes of it."""
        line, refused = self._socket, sent.refused

        def settled() -> bool:
            return sent.seq is not None or sent.refused > refused or self._socket is not line

        with suppress(*LOST):
            assert line is not None
            await line.send_json({**sent.frame, "client_id": sent.client_id})
            await self._passed()
        if not await self.until(settled, ACK_SECONDS):
            await self.drop()
        if sent.refused > refused:
            await asyncio.sleep(AGAIN_SECONDS)

    async def _stay(self) -> None:
        while True:
            with suppress(*LOST):
                await self._connection()
            self._socket = None
            self._changed.set()
            await asyncio.sleep(self.pace.uniform(0.05, 0.4))

    async def _connection(self) -> None:
        """One line from `hello` to its end."""
        session = self._session
        async with session.ws_connect(f"{self.url}/socket", max_msg_size=0) as line:
            after = last = self.reached
            await line.send_json({"type": "hello", "secret": self.secret, "after": after})
            await self._passed()
            welcome = await line.receive_json(timeout=ACK_SECONDS)
            if welcome["type"] != "welcome":
                return
            await self._passed()
            if session is not self._session:
                return
            self.connections += 1
            self._socket = line
            self._changed.set()
            async for message in line:
                if message.type is not aiohttp.WSMsgType.TEXT or session is not self._session:
                    return
                last = self._take(json.loads(message.data), after, last)
                self._changed.set()
                await self._passed()

    def _take(self, frame: dict[str, Any], after: int, last: int) -> int:
        """Take a frame; the last event of this line."""
        match frame["type"]:
            case "ack":
                sent = self.sent[frame["client_id"]]
                self.disorder.altered += sent.seq not in (None, frame["seq"])
                sent.seq = frame["seq"]
            case "turn":
                self.finished += frame["state"] == "finished"
            case "error" if frame.get("client_id") in self.sent:
                self.sent[frame["client_id"]].refused += 1
            case "event":
                self._show(frame, last)
                return max(last, int(frame["seq"]))
        return last

    def _show(self, event: dict[str, Any], last: int) -> None:
        """Show an event. `last` is the one that the device had, or was sent, before."""
        seq = event["seq"]
        before = self.shown.get(seq)
        if before is not None:
            self.disorder.altered += before.event != event
        if seq <= last:
            self.disorder.doubled += before is not None
            self.disorder.out_of_order += before is None
        self.shown.setdefault(seq, Shown(event, time.time()))
        own = self.sent.get(event.get("client_id") or "")
        if own is not None:
            self.disorder.altered += own.seq not in (None, seq)
            own.seq = seq

    async def _passed(self) -> None:
        """Count a frame, and cut the line if it is the one."""
        self.frames += 1
        if self.frames == self.drop_after:
            await self.drop()
