"""The socket protocol with awkward clients: nothing lost, doubled or reordered."""

import asyncio
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from bot.services.event_log import append, lock
from tests.gateway.conftest import House, Opening
from tests.stack import Device


async def test_a_message_is_acknowledged_answered_and_framed_by_its_turn(house: House) -> None:
    device = await house.opened()
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    frames = [await device.frame() for _ in range(4)]
    assert frames[0] == {"type": "ack", "client_id": "a", "seq": 1}
    assert frames[1] == {"type": "turn", "state": "started", "in_reply_to": "a"}
    assert (frames[2]["type"], frames[2]["seq"], frames[2]["author"]) == ("event", 2, "bot")
    assert frames[2]["text"].startswith("Hello.")
    assert frames[3] == {"type": "turn", "state": "finished", "in_reply_to": "a"}


async def test_a_repeated_client_id_is_stored_once(house: House) -> None:
    device = await house.opened()
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    await device.turn_events()
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    assert await device.frame() == {"type": "ack", "client_id": "a", "seq": 1}
    _, body = await house.get(device, "events?after=0")
    assert [event["seq"] for event in body["events"]] == [1, 2]
    assert house.engine.heard == ["hello"]


async def test_a_socket_dropped_before_the_ack_loses_nothing_and_doubles_nothing(
    house: House,
) -> None:
    device = await house.opened()
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    await device.close()
    await _answered(house, device, last=2)
    welcome = await device.connect(after=0)
    assert welcome["last_seq"] == 2
    missed = [await device.frame() for _ in range(2)]
    assert [(frame["seq"], frame.get("client_id")) for frame in missed] == [(1, "a"), (2, None)]
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    assert await device.frame() == {"type": "ack", "client_id": "a", "seq": 1}
    assert house.engine.heard == ["hello"]


async def test_resume_brings_exactly_what_was_missed(house: House) -> None:
    device = await house.opened()
    for text in ("one", "two", "three"):
        await device.say(text)
    await device.close()
    await device.connect(after=3)
    seqs = [(await device.frame())["seq"] for _ in range(3)]
    assert seqs == [4, 5, 6]


async def test_two_devices_see_the_same_log(house: House) -> None:
    first = await house.opened()
    second = house.device()
    second.conversation_id, second.secret = first.conversation_id, first.secret
    await second.connect()
    await first.say("hello")
    seen = await second.turn_events()
    assert [(event["seq"], event["author"]) for event in seen] == [(1, "patient"), (2, "bot")]


async def test_turns_are_answered_in_order(house: House) -> None:
    device = await house.opened()
    house.engine.delay = 0.05
    for number in range(5):
        frame = {"type": "message", "client_id": f"c{number}", "text": f"text {number}"}
        await device.send(frame)
    for _ in range(5):
        await device.turn_events()
    assert house.engine.heard == [f"text {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("not json", "bad_request"),
        ("[]", "bad_request"),
        ('{"type": "dance"}', "unsupported_frame"),
        ('{"type": "message", "text": "no id"}', "bad_request"),
        ('{"type": "message", "client_id": "a", "text": 7}', "bad_request"),
        ('{"type": "message", "client_id": "a", "text": ""}', "text_empty"),
        ('{"type": "message", "client_id": "a", "text": " \\u200b\\n"}', "text_empty"),
        ('{"type": "message", "client_id": "a", "text": "\\ud800\\u0000"}', "text_empty"),
        ('{"type": "message", "client_id": "a", "text": "%s"}' % ("x" * 5000), "text_too_long"),
        ('{"type": "message", "client_id": "a", "text": "%s"}' % ("x" * 20000), "frame_too_large"),
        ('{"type": "choice", "client_id": "a", "choice_id": "nope"}', "unknown_choice"),
        ('{"type": "seen", "seq": "x"}', "bad_request"),
        ("[" * 15000, "bad_request"),
    ],
)
async def test_what_cannot_be_taken_gets_an_error_and_the_conversation_goes_on(
    house: House, sent: str, code: str
) -> None:
    device = await house.opened()
    assert device.socket is not None
    await device.socket.send_str(sent)
    frame = await device.frame()
    assert (frame["type"], frame["code"]) == ("error", code)
    assert frame["message"]
    events = await device.say("hello")
    assert [event["seq"] for event in events] == [2]


async def test_a_binary_frame_is_refused(house: House) -> None:
    device = await house.opened()
    assert device.socket is not None
    await device.socket.send_bytes(b"\x00\xff")
    assert (await device.frame())["code"] == "unsupported_frame"


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('{"type": "hello", "secret": "wrong"}', "unauthorized"),
        ('{"type": "hello"}', "hello_expected"),
        ('{"type": "message", "client_id": "a", "text": "x"}', "hello_expected"),
        ("nonsense", "bad_request"),
    ],
)
async def test_without_the_secret_a_socket_is_closed(house: House, first: str, code: str) -> None:
    device = await house.opened()
    url = f"{house.address}/api/v1/conversations/{device.conversation_id}/socket"
    async with house.session.ws_connect(url) as socket:
        await socket.send_str(first)
        assert (await socket.receive_json())["code"] == code
        assert (await socket.receive()).type is WSMsgType.CLOSE


async def test_a_silent_socket_is_closed(open_house: Opening) -> None:
    house = await open_house(hello_seconds=0.1)
    device = await house.opened()
    url = f"{house.address}/api/v1/conversations/{device.conversation_id}/socket"
    async with house.session.ws_connect(url) as socket:
        assert (await socket.receive_json())["code"] == "hello_timeout"
        assert (await socket.receive()).type is WSMsgType.CLOSE


async def test_pages_of_other_origins_may_not_connect(house: House) -> None:
    device = await house.opened()
    url = f"{house.address}/api/v1/conversations/{device.conversation_id}/socket"
    async with house.session.get(url, headers={"Origin": "https://elsewhere.example"}) as response:
        assert response.status == 403
        assert (await response.json())["error"]["code"] == "origin_not_allowed"


async def test_too_many_messages_are_refused_and_repeats_still_acknowledged(
    open_house: Opening,
) -> None:
    house = await open_house(messages_per_minute=2)
    device = await house.opened()
    await device.say("one")
    await device.say("two")
    await device.send({"type": "message", "client_id": "new", "text": "three"})
    refused = await device.frame()
    assert (refused["code"], refused["client_id"]) == ("rate_limited", "new")
    repeat = f"{device.conversation_id[:8]}-1"
    await device.send({"type": "message", "client_id": repeat, "text": "one"})
    assert await device.frame() == {"type": "ack", "client_id": repeat, "seq": 1}


async def test_a_client_that_reads_nothing_stops_nobody(house: House) -> None:
    deaf = await house.opened()
    for number in range(20):
        await deaf.send({"type": "message", "client_id": f"d{number}", "text": "x" * 1000})
    other = await house.opened()
    assert await other.say("hello")


async def _answered(house: House, device: Device, last: int) -> None:
    """Wait until the log has reached `last`."""
    async with asyncio.timeout(10):
        while True:
            _, body = await house.get(device, "events?after=0&wait=1")
            if body["events"] and body["events"][-1]["seq"] >= last:
                return
            await asyncio.sleep(0.02)


async def test_a_device_that_is_gone_before_the_ack_is_answered_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its turn was claimed for an answer at once, so nobody else would come to it for seconds."""
    send = web.WebSocketResponse.send_json

    async def lose_acks(self: web.WebSocketResponse, data: Any, **more: Any) -> None:
        if data["type"] == "ack":
            raise ConnectionResetError
        await send(self, data, **more)

    device = await house.opened()
    monkeypatch.setattr(web.WebSocketResponse, "send_json", lose_acks)
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    await _answered(house, device, last=2)
    assert house.engine.heard == ["hello"]


async def test_what_nobody_told_of_comes_in_order_with_what_was_told(house: House) -> None:
    """Another process writes unheard; the events of the next answer must not come before it."""
    device = await house.opened()
    await device.say("one")
    async with house.app.database.write() as session:
        conversation = await lock(session, device.conversation_id)
        assert conversation is not None
        append(session, conversation, "message", "bot", "unheard", at=house.clock.now)
    events = await device.say("two")
    assert [event["seq"] for event in events if event["author"] != "patient"] == [3, 5]
    assert next(event["text"] for event in events) == "unheard"


async def test_frames_are_not_compressed(house: House) -> None:
    device = await house.opened()
    assert device.socket is not None
    async with house.session.ws_connect(str(device.socket._response.url), compress=15) as offered:
        assert not offered.compress
