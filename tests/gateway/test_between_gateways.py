"""Two gateways of one PostgreSQL: a device at one of them sees at once what the other one did."""

import asyncio
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from bot.gateway import between_gateways, desk_feed
from bot.gateway.between_gateways import BetweenGateways
from bot.gateway.keys import DESK, HUB
from bot.gateway.news import Bundle, Frame, Grew
from bot.services import urgent
from bot.services.event_log import lock
from bot.storage.channel import LARGEST, NAME, Channel
from tests.gateway.conftest import NOW, House, Opening
from tests.gateway.engine import custom
from tests.stack import Device
from tests.staff import Console, at_the_desk

LONG = 600.0


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """With SQLite there is one gateway."""
    return postgres_url


@pytest.fixture
def no_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not told is not found: neither list nor logs are looked through."""
    monkeypatch.setattr(desk_feed, "POLL_SECONDS", LONG)
    monkeypatch.setattr(between_gateways, "LOOK_SECONDS", LONG)


@dataclass
class Two:
    """Two gateways."""

    here: House
    there: House

    async def device_there(self, device: Device) -> Device:
        """The same conversation on a device at the other gateway."""
        second = Device(self.there.session, self.there.address)
        second.conversation_id, second.secret = device.conversation_id, device.secret
        await second.connect()
        return second


@pytest_asyncio.fixture
async def two(open_house: Opening) -> Two:
    found = Two(await open_house(), await open_house())
    await heard(found.here, found.there)
    return found


async def heard(*houses: House) -> None:
    """Wait until every gateway listens."""
    listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"
    async with await psycopg.AsyncConnection.connect(
        houses[0].app.database.url, autocommit=True
    ) as connection:
        async with asyncio.timeout(20):
            while True:
                row = await (await connection.execute(listening)).fetchone()
                if row is not None and row[0] >= len(houses):
                    return
                await asyncio.sleep(0.05)


async def until(device: Device, **wanted: Any) -> list[dict[str, Any]]:
    """The frames up to one with these values."""
    frames = []
    while True:
        frames.append(await device.frame())
        if wanted.items() <= frames[-1].items():
            return frames


def told(frames: list[dict[str, Any]]) -> list[Any]:
    """The order of the frames."""
    return [frame.get("seq") or frame.get("state") or frame["type"] for frame in frames]


@pytest.mark.usefixtures("no_looking")
async def test_an_answer_is_seen_at_the_other_gateway(two: Two) -> None:
    device = await two.here.opened()
    second = await two.device_there(device)
    await device.say("hello")
    frames = await until(second, type="turn", state="finished")
    # That it was answered comes after the answer. The log is read as long as it is when one is
    # woken, so an answer that was quick may be there before the word that it is being made.
    order = told(frames)
    assert [item for item in order if isinstance(item, int)] == [1, 2]
    assert order.index("started") < order.index("finished")
    assert order.index(2) < order.index("finished")


@pytest.mark.usefixtures("no_looking")
async def test_what_staff_do_is_seen_at_the_other_gateway(two: Two) -> None:
    device = await two.here.opened()
    number = await escalated(two.here, device)
    async with (
        at_the_desk(two.there.app.database, two.there.address, "paul", "pharmacist") as paul,
        paul.stream() as stream,
    ):
        await stream.next("hello")
        assert (await paul.post(f"escalations/{number}/claim"))[0] == 200
        await until(device, type="event", kind="owner")
        path = f"conversations/{device.conversation_id}"
        assert (await paul.post(f"{path}/typing"))[0] == 204
        await until(device, type="typing", author="staff")
        body = {"client_id": "p-1", "text": "Come in at five."}
        assert (await paul.post(f"{path}/messages", body))[0] == 202
        await until(device, type="event", text="Come in at five.")
        # And the other way round.
        await device.send({"type": "typing"})
        await stream.next("typing", conversation_id=device.conversation_id)
        await device.send({"type": "seen", "seq": 3})
        await stream.next("seen", seq=3)
        await device.send({"type": "message", "client_id": "d-9", "text": "thank you"})
        await stream.next("change", kind="message", conversation_id=device.conversation_id)


async def escalated(house: House, device: Device) -> int:
    """The device's conversation is with the pharmacist's queue."""
    async with house.app.database.write() as session:
        conversation = await lock(session, device.conversation_id)
        assert conversation is not None
        await urgent.raise_alarm(session, conversation, ("overdose",), "help", "US", NOW)
    (row,) = await house.escalations(device)
    return row.escalation_id


@pytest.mark.usefixtures("no_looking")
async def test_a_long_poll_ends_with_what_the_other_gateway_wrote(two: Two) -> None:
    device = await two.here.opened()
    waiting = asyncio.create_task(two.there.get(device, "events?after=1&wait=25"))
    await asyncio.sleep(0.3)
    await device.say("hello")
    _, body = await waiting
    assert [event["seq"] for event in body["events"]] == [2]


@pytest.mark.usefixtures("no_looking")
async def test_a_console_at_the_other_gateway_ends_with_its_session(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.staff_events.HEARTBEAT_SECONDS", LONG)
    database, address = two.here.app.database, two.here.address
    async with (
        at_the_desk(database, address, "paul", "pharmacist") as paul,
        at_the_desk(database, address, "tina", "technician") as tina,
        same_session(paul, two.there) as elsewhere,
        same_session(tina, two.there) as other,
        elsewhere.stream() as ending,
        other.stream() as going_on,
    ):
        await ending.next("hello")
        await going_on.next("hello")
        assert (await paul.post("logout"))[0] == 204
        await ending.ends()
        # Those of others go on.
        two.here.web_app[DESK].pass_on("questions", "")
        await going_on.next("questions")


def same_session(console: Console, house: House) -> Console:
    """The same browser at another gateway."""
    second = Console(house.address)
    second.csrf = console.csrf
    second.session.cookie_jar.update_cookies({"willcall_staff": console.cookie or ""})
    return second


@pytest.mark.usefixtures("no_looking")
async def test_lists_are_read_again_at_the_other_gateway(two: Two) -> None:
    async with (
        at_the_desk(two.there.app.database, two.there.address, "paul", "pharmacist") as paul,
        paul.stream() as stream,
    ):
        await stream.next("hello")
        for event in ("questions", "models"):
            two.here.web_app[DESK].pass_on(event, "")
            await stream.next(event)


async def test_what_nobody_told_is_found_all_the_same(
    open_house: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the gateway that wrote it has died before it could tell."""
    monkeypatch.setattr(between_gateways, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(between_gateways, "LOOK_SECONDS_DEAF", 0.2)
    monkeypatch.setattr(BetweenGateways, "_tell", lambda *_: None)
    two = Two(await open_house(), await open_house())
    device = await two.here.opened()
    second = await two.device_there(device)
    await device.say("hello")
    await until(second, type="event", seq=2)


@pytest.mark.usefixtures("no_looking")
async def test_a_broken_line_is_mended(two: Two) -> None:
    device = await two.here.opened()
    second = await two.device_there(device)
    async with await psycopg.AsyncConnection.connect(
        two.here.app.database.url, autocommit=True
    ) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name IN ('willcall listens', 'willcall tells')"
        )
    await device.say("hello")
    # It listens again, and everybody reads what was told meanwhile.
    await until(second, type="event", seq=2)
    await heard(two.here, two.there)
    await device.say("hello again")
    await until(second, type="event", seq=4)


@pytest.mark.usefixtures("no_looking")
async def test_nonsense_is_not_believed(two: Two, caplog: pytest.LogCaptureFixture) -> None:
    device = await two.here.opened()
    wrong = ("", "[]", '{"gateway": "x"}', '{"gateway": "x", "news": [{"kind": "other"}]}')
    channel = Channel(two.here.app.database.url)
    await channel.send(wrong)
    frame = {"type": "typing", "author": "staff"}
    news = Frame(conversation_id=device.conversation_id, frame=frame)
    await channel.send([Bundle(gateway="x", news=[news]).model_dump_json()])
    await channel.close()
    assert await until(device, type="typing") == [frame]
    assert "another gateway said something unknown" in caplog.text


async def test_much_news_travels_in_several_messages(two: Two) -> None:
    telling = BetweenGateways(two.here.app, two.here.web_app[HUB], two.here.web_app[DESK])
    grown = [Grew(conversation_id=f"conversation-{number}") for number in range(1000)]
    sent = list(telling._messages(grown))
    assert max(len(message.encode()) for message in sent) < LARGEST
    found = [news for message in sent for news in Bundle.model_validate_json(message).news]
    assert found == grown
    assert len(sent) < 20


async def test_a_message_says_nothing_of_what_was_written(two: Two) -> None:
    device = await two.here.opened()
    secret = "my metformin and my birthday"
    two.here.engine.reply = lambda _text: custom()
    payloads: list[str] = []
    async with await psycopg.AsyncConnection.connect(
        two.here.app.database.url, autocommit=True
    ) as connection:
        await connection.execute(f"LISTEN {NAME}")
        await device.say(secret)
        async for notice in connection.notifies(timeout=1):
            payloads.append(notice.payload)
    assert payloads
    assert all("metformin" not in payload and "birthday" not in payload for payload in payloads)


async def test_nobody_is_told_twice_that_a_log_has_grown(two: Two) -> None:
    hub = two.here.web_app[HUB]
    telling = BetweenGateways(two.here.app, hub, two.here.web_app[DESK])
    frame = {"type": "typing", "author": "staff"}
    for _ in range(3):
        hub.log_grew("a")
        hub.log_grew("b")
    hub.pass_on("a", frame)
    hub.log_grew("a")
    assert telling._waiting == [
        Grew(conversation_id="a"),
        Grew(conversation_id="b"),
        Frame(conversation_id="a", frame=frame),
        Grew(conversation_id="a"),
    ]
