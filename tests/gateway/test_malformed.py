"""Requests that no program should send, each of which once got a 5xx or could have."""

import asyncio
import gzip
import zlib
from contextlib import AsyncExitStack
from urllib.parse import unquote

import pytest
from yarl import URL

from tests.gateway.conftest import House, Opening
from tests.staff import at_the_desk

FORM = {"last_name": "Carter", "date_of_birth": "1961-03-04", "rx_number": "7001001"}
GZIP = gzip.compress(b'{"locale": "es"}')


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", GZIP, 201),
        ("gzip", b"nope", 400),
        ("gzip", GZIP[:20], 400),
        ("gzip", gzip.compress(b'{"locale": "' + b"x" * 10_000_000 + b'"}'), 413),
        ("deflate", zlib.compress(b"{}"), 201),
    ],
    ids=["gzip", "no gzip", "cut short", "a bomb", "deflate"],
)
async def test_a_body_need_not_be_what_its_headers_say(
    house: House, encoding: str, body: bytes, status: int
) -> None:
    async with house.session.post(
        f"{house.address}/api/v1/conversations",
        data=body,
        headers={"Content-Encoding": encoding},
    ) as response:
        assert response.status == status
        if status >= 400:
            code = (await response.json())["error"]["code"]
            assert code == {400: "bad_request", 413: "frame_too_large"}[status]


@pytest.mark.parametrize("nothing", ["\x00", "a\x00b", "\ud800", "\U0010ffff\x00"])
async def test_what_no_database_stores_is_nothing_that_exists(house: House, nothing: str) -> None:
    """PostgreSQL has no NUL, no encoding has half a character: such a name is unknown, no fault."""
    device = await house.opened()
    for path, body, status in (
        ("messages", {"client_id": "a", "text": nothing}, 400 if len(nothing) == 1 else 202),
        ("choices", {"client_id": "b", "choice_id": nothing}, 404),
        ("choices", {"client_id": nothing, "choice_id": "x"}, 400),
        ("identity", {**FORM, "last_name": nothing}, 403),
        ("identity", {**FORM, "rx_number": nothing}, 403),
    ):
        found, answer = await house.post(device, path, body)
        assert found in (status, 400), (path, body, answer)


@pytest.mark.parametrize(
    "name", ["%00", "a%00b", "%ff", "%ed%a0%80", "%F4%8F%BF%BF%00", "a" * 5000]
)
async def test_an_address_with_such_a_name_is_unknown(open_house: Opening, name: str) -> None:
    house: House = await open_house(feed_token="x" * 20)
    paths = {
        f"/api/v1/conversations/{name}/events": 401,
        f"/static/{name}": 404,
        f"/feed/v1/refill-requests?after={name}": 400,
        f"/{name}": 404,
    }
    for path, status in paths.items():
        url = URL(house.address + path, encoded=True)
        token = "x" * 20 if "/feed/" in path else "secret"
        async with house.session.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
            assert response.status in (status, 404), path
            # What the static files have not, aiohttp says without a body.
            assert response.content_type == "application/json" or "/static/" in path


@pytest.mark.parametrize("name", ["%00", "a%00b", "%ff", "%ed%a0%80"])
async def test_staff_who_ask_for_such_a_name(open_house: Opening, name: str) -> None:
    house: House = await open_house()
    nothing = unquote(name, errors="surrogateescape")
    async with AsyncExitStack() as exits:
        enter = exits.enter_async_context
        database, address = house.app.database, house.address
        paul = await enter(at_the_desk(database, address, "paul", "pharmacist"))
        ada = await enter(at_the_desk(database, address, "ada", "admin"))
        for console, method, path, body in (
            (paul, "GET", f"conversations/{name}", None),
            (paul, "GET", f"conversations/{name}/canned", None),
            (paul, "POST", f"conversations/{name}/notes", {"text": "a"}),
            (paul, "POST", f"conversations/{name}/messages", {"client_id": "a", "text": "a"}),
            (paul, "POST", "search", {"q": nothing}),
            (paul, "GET", f"products?q={name}", None),
            (paul, "GET", f"instructions?q={name}", None),
            (paul, "POST", "instructions", {"texts": {"en": nothing, "es": nothing}}),
            (ada, "POST", f"accounts/{name}/unlock", None),
            (ada, "GET", f"audit?username={name}", None),
            (ada, "POST", "retention/erase", {"conversation_id": "x", "reason": nothing}),
            (ada, "POST", "retention/export", {"conversation_id": nothing}),
        ):
            url = URL(f"{address}/staff/api/{path}", encoded=True)
            headers = {"X-CSRF-Token": console.csrf}
            async with console.session.request(method, url, json=body, headers=headers) as answer:
                assert answer.status < 500, (method, path)


@pytest.mark.parametrize("header", ["Authorization", "X-CSRF-Token", "Cookie", "Origin"])
async def test_headers_of_bytes(house: House, header: str) -> None:
    """A header need not be text; aiohttp gives its bytes as half characters."""
    device = await house.opened()
    value = "Bearer \udcff\udcfe" if header == "Authorization" else "willcall_staff=\udcff"
    port = int(house.address.rpartition(":")[2])
    paths = ["/staff/api/session", "/feed/v1/refill-requests"]
    paths.append(f"/api/v1/conversations/{device.conversation_id}/events")
    paths += ["/metrics"] if header == "Authorization" else []
    for path in paths:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: x",
            "Connection: close",
            f"{header}: {value}",
            "",
            "",
        ]
        writer.write("\r\n".join(lines).encode("utf-8", "surrogateescape"))
        status = int((await reader.read())[9:12])
        writer.close()
        assert status in (400, 401, 403, 404), path
