"""The gateway behind nginx with the configuration of deploy/: TLS, sockets, streams, limits."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from bot.directives import Handoff
from tests.gateway.conftest import House, Opening
from tests.gateway.engine import custom, say
from tests.private_nginx import Proxy, nginx
from tests.stack import Device
from tests.staff import Console, add_staff

pytestmark = pytest.mark.stack


@dataclass
class Behind:
    """A gateway, the proxy before it, and a browser's connections that trust its certificate."""

    house: House
    proxy: Proxy
    session: aiohttp.ClientSession


@pytest_asyncio.fixture
async def behind(open_house: Opening) -> AsyncIterator[Behind]:
    house: House = await open_house(trusted_proxies=1)
    gateway = house.address.removeprefix("http://")
    with nginx(gateway, gateway) as proxy:
        connector = aiohttp.TCPConnector(ssl=proxy.trust)
        async with aiohttp.ClientSession(connector=connector) as session:
            yield Behind(house, proxy, session)


async def test_a_chat_over_a_socket(behind: Behind) -> None:
    behind.house.engine.reply = lambda _text: [say("thank")]
    device = Device(behind.session, behind.proxy.url)
    await device.open()
    events = await device.say("hello")
    assert [event["kind"] for event in events] == ["message"]
    await device.close()
    # Neither the conversation nor the patient's address is in its log.
    written = behind.proxy.log.read_text(encoding="utf-8")
    assert " 201 POST " in written
    assert device.conversation_id not in written
    assert "127.0.0.1" not in written


@pytest.mark.parametrize(
    ("origin", "status"),
    [("own", 201), ("https://elsewhere.example", 403), ("https://localhost", 403)],
)
async def test_only_its_own_pages_may_use_it(behind: Behind, origin: str, status: int) -> None:
    # The port is part of an origin; what the page says of the host is not believed.
    sent = behind.proxy.url if origin == "own" else origin
    headers = {"Origin": sent, "X-Forwarded-Host": sent.partition("://")[2]}
    assert await _opened(behind.session, behind.proxy, headers) == status


async def test_browsers_are_told_once_to_stay_with_tls(behind: Behind) -> None:
    async with behind.session.get(f"{behind.proxy.url}/staff/") as response:
        assert response.status == 200
        assert len(response.headers.getall("Strict-Transport-Security")) == 1
        assert len(response.headers.getall("Content-Security-Policy")) == 1
        assert response.headers.getall("Server") == ["nginx"]


async def test_without_tls_one_is_sent_there(behind: Behind) -> None:
    async with behind.session.get(
        f"{behind.proxy.plain_url}/staff/?x=1", allow_redirects=False
    ) as response:
        assert response.status == 308
        assert response.headers["Location"] == "https://localhost/staff/?x=1"


@pytest.mark.parametrize("path", ["metrics", "healthz", "readyz"])
async def test_what_is_for_machines_is_not_shown(behind: Behind, path: str) -> None:
    async with behind.session.get(f"{behind.proxy.url}/{path}") as response:
        assert response.status == 404


async def test_a_body_that_is_too_large_ends_at_the_door(behind: Behind) -> None:
    async with behind.session.post(
        f"{behind.proxy.url}/api/v1/conversations", data=b"x" * 70_000
    ) as response:
        assert response.status == 413


async def test_the_address_that_counts_is_the_one_that_nginx_saw(open_house: Opening) -> None:
    """Whoever claims another address with every request meets the limit all the same."""
    house: House = await open_house(trusted_proxies=1, new_conversations_per_minute=1)
    gateway = house.address.removeprefix("http://")
    with nginx(gateway, gateway) as proxy:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=proxy.trust)
        ) as session:
            found = [
                await _opened(session, proxy, {"X-Forwarded-For": f"203.0.113.{number}"})
                for number in range(2)
            ]
    assert found == [201, 429]


async def test_the_desk_hears_at_once_and_keeps_its_cookie_for_tls(behind: Behind) -> None:
    await add_staff(behind.house.app.database, "tina", "technician")
    async with Console(behind.proxy.url) as tina:
        await tina.session.close()
        tina.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=behind.proxy.trust),
            cookie_jar=aiohttp.CookieJar(),
        )
        assert (await tina.sign_in("tina"))[0] == 200
        (cookie,) = tina.session.cookie_jar
        assert (cookie.key, cookie["secure"]) == ("__Host-willcall_staff", True)
        async with tina.stream() as stream:
            await stream.next("hello")
            device = await behind.house.opened()
            behind.house.engine.reply = lambda _text: custom(
                Handoff(queue="counter", reason="request_human", response="handoff.request_human")
            )
            await device.say("a person please")
            await stream.next("change")


async def _opened(session: aiohttp.ClientSession, proxy: Proxy, headers: dict[str, str]) -> int:
    async with session.post(
        f"{proxy.url}/api/v1/conversations", json={"locale": "en"}, headers=headers
    ) as response:
        return response.status
