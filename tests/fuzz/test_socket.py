"""Anything at all over a patient's socket: it is refused clearly, and the conversation goes on."""

import asyncio
import json
import uuid
from collections.abc import Coroutine
from typing import Any

import aiohttp
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot.gateway.errors import STATUS
from tests.fuzz import tally
from tests.fuzz.chat import Chat
from tests.fuzz.house import FuzzedGateway
from tests.fuzz.size import examples

CHARACTERS = st.characters(codec=None, categories=None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(CHARACTERS),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["type", "client_id", "text", "choice_id", "seq", "helpful", "secret", "after", "author"]
)
KINDS = st.sampled_from(
    ["message", "choice", "seen", "typing", "feedback", "hello", "ack", "event"]
)
CLIENT_IDS = st.sampled_from([f"again-{number}" for number in range(4)])
PLAIN = st.sampled_from(
    [
        "hello",
        "which",
        "who",
        "person",
        "unsure",
        "broken",
        "/restart",
        '/x{"a": 1}',
        "¿está listo?",
    ]
)
TEXTS = (
    PLAIN | st.text(CHARACTERS, max_size=40) | st.integers(1, 2500).map(lambda many: "ab " * many)
)
MALFORMED = st.one_of(
    st.text(CHARACTERS, max_size=60),
    JSON.map(json.dumps),
    st.binary(max_size=60),
    st.dictionaries(NAMES, JSON, max_size=5).map(json.dumps),
    st.builds(
        lambda kind, more: json.dumps({**more, "type": kind}), KINDS, st.dictionaries(NAMES, JSON)
    ),
    st.sampled_from(
        ['{"type":' * 500, "[" * 10_000, '{"a":' * 5_000 + "1" + "}" * 5_000, "x" * 17_000,
         '{"type": "message", "client_id": "\\ud800", "text": "a"}', '{"type": "typing"', "\x00",
         '{"type": "seen", "seq": 1e400}', '{"type": "seen", "seq": NaN}',
         '{"type": "typing", "type": "nothing"}', "9" * 5_000]
    ),
)  # fmt: skip


class Socket(RuleBasedStateMachine):
    """Two chats of one gateway. Each step is one thing that a device might send."""

    gateway: FuzzedGateway

    def __init__(self) -> None:
        super().__init__()
        tally.THROWN["examples"] += 1
        self.loop = asyncio.new_event_loop()
        self.run(self._open())

    def run[Result](self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something with the sockets."""
        return self.loop.run_until_complete(work)

    async def _open(self) -> None:
        self.session = aiohttp.ClientSession()
        self.chat, self.other = (Chat(self.gateway, self.session) for _ in range(2))
        for chat in (self.chat, self.other):
            await chat.open()
            await chat.connect()
        await self.other.throw({"type": "message", "client_id": "first", "text": "which"})
        while not self.other.choices:
            await self.other.frame()

    @rule(client_id=CLIENT_IDS, text=TEXTS)
    def message(self, client_id: str, text: str) -> None:
        """A message; under a known client_id, whatever it says, it stays the first one."""
        self.run(self._said({"type": "message", "client_id": client_id, "text": text}))

    @rule(
        client_id=CLIENT_IDS, own=st.booleans(), which=st.integers(0, 5), more=st.text(max_size=70)
    )
    def choice(self, client_id: str, own: bool, which: int, more: str) -> None:
        """A tap: on a button of this chat, of another one, or on none."""
        offered = self.chat.choices if own else self.other.choices
        choice_id = offered[which] if which < len(offered) else more
        frame = self.run(
            self._said({"type": "choice", "client_id": client_id, "choice_id": choice_id})
        )
        if choice_id not in self.chat.choices and client_id not in self.chat.acked:
            assert frame["code"] in ("unknown_choice", "bad_request")

    async def _said(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Send what is acknowledged or refused; the answer."""
        known = sent["client_id"] in self.chat.acked
        await self.chat.throw(sent)
        frame = await self.chat.until("ack", "error")
        assert frame.get("client_id") == sent["client_id"], frame
        if frame["type"] == "ack" and not known:
            self.chat.said[sent["client_id"]] = sent.get("text", "")
        return frame

    @rule(frame=MALFORMED)
    def malformed(self, frame: str | bytes) -> None:
        """Something that is perhaps no frame at all."""
        self.run(self._malformed(frame))

    async def _malformed(self, frame: str | bytes) -> None:
        """It is refused with a code, or it was a frame that needs no answer."""
        await self.chat.throw(frame)
        await self._sync()

    async def _sync(self) -> None:
        """Read on until a message that is known to be wrong is refused: nothing is left unread."""
        mark = uuid.uuid4().hex
        await self.chat.throw({"type": "message", "client_id": mark, "text": " "})
        while True:
            answer = await self.chat.until("error")
            if answer["type"] == "closed":
                await self.chat.connect()
                return
            assert answer["code"] in STATUS
            assert answer["code"] != "unavailable", answer
            if answer.get("client_id") == mark:
                assert answer["code"] == "text_empty"
                return

    @rule(seq=st.integers(-1, 2**31), helpful=st.booleans() | st.none())
    def feedback_and_seen(self, seq: int, helpful: bool | None) -> None:
        """Of the past, of the future, of nothing."""
        self.run(self._malformed(json.dumps({"type": "seen", "seq": seq})))
        self.run(self._malformed(json.dumps({"type": "feedback", "seq": seq, "helpful": helpful})))

    @rule(size=st.sampled_from([16_385, 100_000]), binary=st.booleans())
    def large(self, size: int, binary: bool) -> None:
        """More than a frame may have."""
        self.run(self._malformed(b"\0" * size if binary else "x" * size))

    @rule()
    def huge(self) -> None:
        """Above a megabyte the socket is closed, and the device comes again."""
        self.run(self._huge())

    async def _huge(self) -> None:
        self.chat.too_large = True
        await self.chat.throw("x" * 1_100_000)
        assert (await self.chat.until())["type"] == "closed"
        self.chat.too_large = False
        await self.chat.connect()

    @rule(first=MALFORMED)
    def knock(self, first: str | bytes) -> None:
        """A second device that does not begin with hello."""
        self.run(self._knock(first))

    async def _knock(self, first: str | bytes) -> None:
        stranger = Chat(self.gateway, self.session, self.chat.conversation_id, "wrong")
        await stranger.knock(first)
        refused = await stranger.until("error", "welcome")
        assert refused["type"] != "welcome"
        if refused["type"] == "error":
            assert refused["code"] in STATUS
            assert refused["code"] != "unavailable"
            assert (await stranger.until("error"))["code"] == 4401
        await stranger.leave()

    @rule(rudely=st.booleans())
    def reconnect(self, rudely: bool) -> None:
        """The device goes and comes again."""
        self.run(self._reconnect(rudely))

    async def _reconnect(self, rudely: bool) -> None:
        assert self.chat.socket is not None
        if not rudely:
            await self.chat.socket.close()
        await self.chat.connect()

    @invariant()
    def the_gateway_lives(self) -> None:
        assert self.gateway.alive()

    def teardown(self) -> None:
        try:
            self.run(self._check())
        finally:
            self.run(self._close())
            self.loop.close()

    async def _close(self) -> None:
        for chat in (self.chat, self.other):
            await chat.leave()
        await self.session.close()

    async def _check(self) -> None:
        """The conversation goes on, and its log is what the device was told."""
        await self.chat.goes_on()
        log = await self.chat.log()
        assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
        by_id = {event["client_id"]: event for event in log if "client_id" in event}
        assert {name: event["seq"] for name, event in by_id.items()} == self.chat.acked
        for name, said in self.chat.said.items():
            if said in ("hello", "which", "who", "person", "unsure", "broken", "/restart"):
                assert by_id[name]["text"] == said
        shown = {event["seq"]: event["text"] for event in log}
        assert {seq: text for seq, text in self.chat.seen.items() if text}.items() <= shown.items()


def test_anything_over_the_socket(gateway: FuzzedGateway) -> None:
    machine: type[Socket] = type("Socket", (Socket,), {"gateway": gateway})
    run_state_machine_as_test(machine, settings=examples(12, stateful_step_count=20))
