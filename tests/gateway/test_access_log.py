"""Every request leaves one line, without an id of a conversation, and says its own id."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot import directives as d
from bot.logs import conversation_digest
from tests.gateway.conftest import House, Opening
from tests.gateway.engine import custom
from tests.test_logs import Kept

HEADER = "X-Request-ID"


@pytest.fixture
def lines() -> Iterator[Kept]:
    """What the gateway logs, as JSON."""
    handler = Kept("json")
    own, before = logging.getLogger("bot"), logging.getLogger("bot").level
    own.addHandler(handler)
    own.setLevel(logging.DEBUG)
    yield handler
    own.removeHandler(handler)
    own.setLevel(before)


def entries(kept: Kept, message: str) -> list[dict[str, Any]]:
    return [entry for entry in map(json.loads, kept.lines) if entry["message"] == message]


async def test_a_line_says_route_status_time_and_id(house: House, lines: Kept) -> None:
    device = await house.opened()
    lines.lines.clear()
    status, _ = await house.get(device, "events?after=0")
    assert status == 200
    (line,) = entries(lines, "request")
    assert line["route"] == "/api/v1/conversations/{id}/events"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert "error" not in line
    assert line["ms"] >= 0
    assert len(line["request_id"]) == 16
    assert device.conversation_id not in "".join(lines.lines)


async def test_a_refusal_has_its_code_and_a_socket_its_end(house: House, lines: Kept) -> None:
    device = await house.opened()
    device.secret = "wrong"
    assert (await house.get(device, "events"))[0] == 401
    assert entries(lines, "request")[-1]["error"] == "unauthorized"
    await device.close()
    while not (ended := [line for line in entries(lines, "request") if line["status"] == 101]):
        await house.get(device, "events")
    assert ended[0]["route"] == "/api/v1/conversations/{id}/socket"


async def test_probes_are_told_at_debug_alone(house: House, lines: Kept) -> None:
    for path in ("healthz", "metrics"):
        await house.session.get(f"{house.address}/{path}")
    assert {line["level"] for line in entries(lines, "request")} == {"DEBUG"}


async def answered_id(house: House, given: str | None) -> str:
    """The id that the answer to a request with this id tells."""
    headers = {} if given is None else {HEADER: given}
    async with house.session.get(f"{house.address}/healthz", headers=headers) as response:
        return response.headers[HEADER]


async def test_the_id_of_a_stranger_is_not_taken(house: House) -> None:
    assert await answered_id(house, "chosen-by-somebody") != "chosen-by-somebody"
    assert await answered_id(house, None) != await answered_id(house, None)


async def test_the_id_of_a_trusted_proxy_is_if_it_is_well_formed(open_house: Opening) -> None:
    house = await open_house(trusted_proxies=1)
    assert await answered_id(house, "from-the-proxy.1") == "from-the-proxy.1"
    assert await answered_id(house, "not well formed") != "not well formed"
    assert len(await answered_id(house, None)) == 16


async def test_a_turn_has_the_id_of_the_request_that_brought_it(
    open_house: Opening, lines: Kept
) -> None:
    house = await open_house(trusted_proxies=1)
    device = await house.opened()
    for number in range(3):
        body = {"client_id": f"m{number}", "text": "hello"}
        async with house.session.post(
            f"{house.address}/api/v1/conversations/{device.conversation_id}/messages",
            json=body,
            headers={"Authorization": f"Bearer {device.secret}", HEADER: f"proxy-{number}"},
        ) as response:
            assert (response.status, response.headers[HEADER]) == (202, f"proxy-{number}")
    for _ in range(3):
        await device.turn_events()
    while len(ended := entries(lines, "turn ended")) < 3:
        await answered_id(house, None)
    ids = [f"proxy-{number}" for number in range(3)]
    assert [line["request_id"] for line in ended] == ids
    assert house.engine.request_ids == ids
    assert {line["conversation"] for line in ended} == {conversation_digest(device.conversation_id)}
    assert device.conversation_id not in "".join(lines.lines)


async def test_each_message_of_a_socket_has_an_id_of_its_own(house: House, lines: Kept) -> None:
    device = await house.opened()
    house.engine.reply = lambda _text: custom(d.Say(response="greet"))
    await device.say("hello")
    await device.say("hello again")
    first, second = house.engine.request_ids
    assert first != second
    while len(ended := entries(lines, "turn ended")) < 2:
        await answered_id(house, None)
    assert [line["request_id"] for line in ended] == [first, second]
    assert {line["outcome"] for line in ended} == {"answered"}
