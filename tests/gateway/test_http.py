"""The patient interface without a socket, and what guards it."""

import asyncio

import pytest

from tests.gateway.conftest import House, Opening


async def test_opening_tells_the_secret_once(house: House) -> None:
    url = f"{house.address}/api/v1/conversations"
    async with house.session.post(url, json={"locale": "es"}) as response:
        assert response.status == 201
        body = await response.json()
    assert set(body) == {"conversation_id", "secret", "locale"}
    assert body["locale"] == "es"
    assert len(body["secret"]) >= 43  # 256 bits
    async with house.session.post(url) as response:
        assert (response.status, (await response.json())["locale"]) == (201, "en")


async def test_message_and_long_poll(house: House) -> None:
    device = await house.opened()
    status, body = await house.post(device, "messages", {"client_id": "a", "text": "hello"})
    assert (status, body) == (202, {"seq": 1})
    _, body = await house.get(device, "events?after=1&wait=10")
    assert [(event["seq"], event["author"]) for event in body["events"]] == [(2, "bot")]
    status, body = await house.post(device, "messages", {"client_id": "a", "text": "hello"})
    assert (status, body) == (202, {"seq": 1})


async def test_a_long_poll_ends_when_nothing_happens(house: House) -> None:
    device = await house.opened()
    assert await house.get(device, "events?after=0&wait=0.1") == (200, {"events": []})


@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=1e99", "wait=nan", "after=inf"])
async def test_a_wrong_query_is_a_bad_request(house: House, query: str) -> None:
    device = await house.opened()
    status, body = await house.get(device, f"events?{query}")
    assert (status, body["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"client_id": "a", "text": "x" * 5000}, 413, "text_too_long"),
        ({"client_id": "a", "text": "x" * 20000}, 413, "frame_too_large"),
        ({"client_id": "a", "text": "  "}, 400, "text_empty"),
        ({"client_id": "", "text": "x"}, 400, "bad_request"),
        ({"client_id": "a\n", "text": "x"}, 400, "bad_request"),
        ({"client_id": "a" * 65, "text": "x"}, 400, "bad_request"),
        ({"text": "x"}, 400, "bad_request"),
        (["x"], 400, "bad_request"),
        (None, 400, "bad_request"),
    ],
)
async def test_wrong_messages(house: House, body: object, status: int, code: str) -> None:
    device = await house.opened()
    got, answer = await house.post(device, "messages", body)
    assert (got, answer["error"]["code"]) == (status, code)
    assert answer["error"]["message"]


async def test_the_secret_guards_everything(house: House) -> None:
    device = await house.opened()
    other = await house.opened()
    device.secret = other.secret
    for method, path in (
        ("POST", "messages"), ("POST", "choices"), ("POST", "identity"), ("GET", "events"),
        ("DELETE", ""),
    ):  # fmt: skip
        url = f"{house.address}/api/v1/conversations/{device.conversation_id}/{path}".rstrip("/")
        for headers in ({}, {"Authorization": f"Bearer {device.secret}"}, {"Authorization": "x"}):
            async with house.session.request(method, url, headers=headers, json={}) as response:
                assert response.status == 401, (method, path, headers)
                assert (await response.json())["error"]["code"] == "unauthorized"


async def test_an_unknown_conversation_reads_like_a_wrong_secret(house: House) -> None:
    device = await house.opened()
    _, known = await house.get(device, "events")
    device.conversation_id = "0" * 32
    status, unknown = await house.get(device, "events")
    assert status == 401
    assert unknown["error"]["code"] == "unauthorized"
    assert known == {"events": []}


async def test_new_conversations_are_limited_by_address(open_house: Opening) -> None:
    house = await open_house(new_conversations_per_minute=2)
    url = f"{house.address}/api/v1/conversations"
    statuses = []
    for _ in range(3):
        async with house.session.post(url, json={}) as response:
            statuses.append(response.status)
            body = await response.json()
    assert statuses == [201, 201, 429]
    assert body["error"]["code"] == "too_many_conversations"


async def test_ending_a_conversation(house: House) -> None:
    device = await house.opened()
    await device.say("hello")
    url = f"{house.address}/api/v1/conversations/{device.conversation_id}"
    headers = {"Authorization": f"Bearer {device.secret}"}
    async with house.session.delete(url, headers=headers) as response:
        assert response.status == 204
    assert (await device.frame())["kind"] == "closed"
    status, body = await house.post(device, "messages", {"client_id": "z", "text": "still there"})
    assert (status, body["error"]["code"]) == (410, "conversation_ended")


async def test_errors_have_one_shape_everywhere(house: House) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("PUT", "/api/v1/conversations", 405)):
        async with house.session.request(method, house.address + path) as response:
            assert response.status == status
            assert set((await response.json())["error"]) == {"code", "message"}


async def test_pages_carry_the_security_headers(house: House) -> None:
    for path in ("/", "/widget.js", "/healthz", "/nothing"):
        async with house.session.get(house.address + path) as response:
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]
            assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
            assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_only_allowed_origins_may_embed(open_house: Opening) -> None:
    house = await open_house(allowed_origins="https://pharmacy.example")
    url = f"{house.address}/api/v1/conversations"
    for origin, status in (("https://pharmacy.example", 201), ("https://evil.example", 403)):
        async with house.session.post(url, json={}, headers={"Origin": origin}) as response:
            assert response.status == status
            allowed = response.headers.get("Access-Control-Allow-Origin")
            assert allowed == (origin if status == 201 else None)
    async with house.session.options(
        url, headers={"Origin": "https://pharmacy.example", "Access-Control-Request-Method": "POST"}
    ) as response:
        assert response.status == 204
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]


async def test_readiness_names_the_part_that_is_missing(house: House) -> None:
    async with house.session.get(f"{house.address}/readyz") as response:
        body = await response.json()
    assert response.status == 503
    assert body["parts"] == {"database": True, "rasa": True, "actions": False}
    assert body["each"] == {"rasa": [True], "actions": [False]}


async def test_a_gateway_that_starts_again_answers_what_was_left(open_house: Opening) -> None:
    first = await open_house(rasa_timeout_seconds=30)
    first.engine.gate = asyncio.Event()
    device = await first.opened()
    await first.post(device, "messages", {"client_id": "a", "text": "hello"})
    async with asyncio.timeout(5):
        while not first.engine.heard:
            await asyncio.sleep(0.01)
    # The second gateway stands for the first one after a crash: same database, no memory.
    second = await open_house()
    if second.app.database.backend == "postgresql":
        # Its predecessor's claim on the turn has to run out first.
        second.clock.now = second.clock.now.replace(minute=5)
    _, body = await second.get(device, "events?after=1&wait=10")
    assert [event["seq"] for event in body["events"]] == [2]
    assert second.engine.heard == ["hello"]
    first.engine.gate.set()
    await asyncio.sleep(0.2)
    _, body = await second.get(device, "events?after=0")
    assert [event["seq"] for event in body["events"]] == [1, 2]
