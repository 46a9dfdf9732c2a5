"""News in the chat: decisions on refill requests and medicines that are ready, told once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import directives as d
from bot.gateway import announcer
from bot.services import announcements
from bot.services.conversations import Rules
from bot.storage.conversations import Conversation, ReadyNotice
from bot.storage.database import Database
from bot.storage.records import RefillRequest
from tests.gateway.conftest import House, Opening
from tests.gateway.engine import custom
from tests.gateway.pharmacy_system import (
    ALL,
    DAUGHTER,
    HERS,
    HIDDEN,
    JAMES,
    MARIA,
    RX,
    TOKEN,
    decision,
    fill,
    place,
    send,
    wish,
)
from tests.stack import Device

MEDICINE = "lisinopril 10 mg tablet"
HINT = (
    "There is news about something you asked for in this chat. "
    "Please confirm who you are to see it."
)
ACCEPTED = (
    f"The pharmacy accepted your refill request for {MEDICINE}. It is filled next. "
    "You can ask me how far it is."
)
READY = fill("ready", kept_until="2026-12-02")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcer, "SWEEP_SECONDS", 0.05)


@pytest.fixture
async def pharmacy(open_house: Opening) -> House:
    house: House = await open_house(feed_token=TOKEN)
    await send(house, *ALL)
    return house


async def patient(house: House, locale: str = "en", details: dict[str, str] = JAMES) -> Device:
    """A device whose owner has said who they are, with nothing unheard."""
    device = await house.opened(locale)
    status, _ = await device.verify(**details)
    assert status == 200
    await device.turn_events()
    return device


async def heard(
    house: House, device: Device, after: int | None = None, wait: float = 5
) -> list[dict[str, Any]]:
    """What the log has beyond what the device knows; waits for the first of it."""
    if after is None:
        after = max((event["seq"] for event in device.events), default=0)
    status, body = await house.get(device, f"events?after={after}&wait={wait}")
    assert status == 200
    device.events += body["events"]
    return list(body["events"])


async def nothing(house: House, device: Device) -> None:
    assert await heard(house, device, wait=0.3) == []


def said(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["kind"], event["author"]) for event in events]


async def owner(house: House, device: Device, name: str) -> None:
    async with house.app.database.write() as session:
        row = await session.get_one(Conversation, device.conversation_id)
        row.owner = name


async def test_an_accepted_request_is_told_by_name_on_the_socket(pharmacy: House) -> None:
    device = await patient(pharmacy)
    number = await place(pharmacy, device)
    await nothing(pharmacy, device)
    await send(pharmacy, decision(number))
    event = await device.frame()
    assert (event["kind"], event["author"], event["text"]) == ("message", "bot", ACCEPTED)
    device.events.append(event)
    await nothing(pharmacy, device)


async def test_a_rejected_request_says_why_and_offers_a_person(pharmacy: House) -> None:
    device = await patient(pharmacy)
    number = await place(pharmacy, device)
    await send(pharmacy, decision(number, "rejected", reason="too_soon"))
    message, choices = await heard(pharmacy, device)
    assert message["text"] == (
        f"The pharmacy did not accept your refill request for {MEDICINE}. It will not be filled "
        "now. It is too soon for the next fill. The counter can help you from here."
    )
    assert [each["label"] for each in choices["choices"]] == ["Talk to the counter"]
    pharmacy.engine.reply = lambda text: custom(
        d.Handoff(queue="counter", reason="request_human", response="handoff.request_human")
    )
    await device.choose("Talk to the counter")
    assert pharmacy.engine.heard[-1] == "/request_human"


@pytest.mark.parametrize(
    ("reason", "words"),
    [(None, "I do not have a reason"), ("SEE NOTE 7", "I do not have a reason")],
)
async def test_the_pharmacys_own_words_are_not_passed_on(
    pharmacy: House, reason: str | None, words: str
) -> None:
    device = await patient(pharmacy)
    number = await place(pharmacy, device, kind="renewal")
    await send(pharmacy, decision(number, "rejected", reason=reason))
    text = (await heard(pharmacy, device))[0]["text"]
    assert words in text
    assert "more refills" in text
    assert "NOTE" not in text


async def test_spanish(pharmacy: House) -> None:
    device = await patient(pharmacy, "es")
    await wish(pharmacy, device)
    await send(pharmacy, READY)
    (event,) = await heard(pharmacy, device)
    assert event["text"] == (
        f"Ya está lista su receta de {MEDICINE} en Main Street. Se guarda hasta el miércoles 2 de "
        "diciembre. La puede recoger cuando la tienda esté abierta."
    )


@pytest.mark.parametrize(
    ("state", "more", "words"),
    [
        ("ready", {"kept_until": "2026-12-02"}, "is ready at Main Street. It is kept until Wed"),
        ("ready", {"method": "delivery"}, "is packed at Main Street"),
        ("partial_ready", {"quantity": 10, "owed_expected_on": "2026-11-26"}, "Ready now: 10. The"),
        ("partial_ready", {}, "A first part of your lisinopril"),
        ("out_for_delivery", {}, "is on its way to you"),
    ],
)
async def test_a_notice_when_it_is_ready(
    pharmacy: House, state: str, more: dict[str, Any], words: str
) -> None:
    await send(pharmacy, fill("filling"))
    device = await patient(pharmacy)
    await wish(pharmacy, device)
    await nothing(pharmacy, device)
    await send(pharmacy, fill(state, **more))
    (event,) = await heard(pharmacy, device)
    assert words in event["text"]
    assert MEDICINE in event["text"]
    await send(pharmacy, fill("picked_up"), fill(state, **more))
    await nothing(pharmacy, device)


async def test_only_the_latest_fill_counts(pharmacy: House) -> None:
    device = await patient(pharmacy)
    await send(
        pharmacy,
        fill("ready", fill_id="old", requested_at="2026-10-01T10:00:00-05:00"),
        fill("filling"),
    )
    await wish(pharmacy, device)
    await nothing(pharmacy, device)
    await send(pharmacy, READY)
    assert len(await heard(pharmacy, device)) == 1


async def test_nothing_is_told_before_identity(pharmacy: House) -> None:
    device = await pharmacy.opened()
    number = await place(pharmacy, device)
    await wish(pharmacy, device)
    await send(pharmacy, decision(number), READY)
    events = await heard(pharmacy, device)
    assert said(events) == [("message", "bot"), ("identity_form", "bot")]
    assert events[0]["text"] == HINT
    await nothing(pharmacy, device)
    status, _ = await device.verify(**JAMES)
    assert status == 200
    # The news and the answer to the identity turn come in either order.
    texts: list[str] = []
    while len(told := [text for text in texts if MEDICINE in text]) < 2 or not any(
        text.startswith("Hello.") for text in texts
    ):
        texts += [event["text"] for event in await heard(pharmacy, device)]
    assert told[0] == ACCEPTED
    assert "is ready" in told[1]
    await nothing(pharmacy, device)


async def test_a_verification_that_has_run_out_counts_for_nothing(pharmacy: House) -> None:
    device = await patient(pharmacy)
    number = await place(pharmacy, device)
    pharmacy.clock.now += timedelta(minutes=15, seconds=1)
    await send(pharmacy, decision(number))
    events = await heard(pharmacy, device)
    assert [event["text"] for event in events[:1]] == [HINT]


async def test_somebody_else_on_the_device_learns_nothing(pharmacy: House) -> None:
    """Verified, but as another patient: the other one's news stays with them."""
    device = await patient(pharmacy, details=MARIA)
    number = await place(pharmacy, device)
    hers = await place(pharmacy, device, HERS)
    await send(pharmacy, decision(number), decision(hers, "rejected"))
    events = await heard(pharmacy, device)
    assert said(events)[-2:] == [("message", "bot"), ("identity_form", "bot")]
    assert "did not accept" in events[0]["text"]
    assert ACCEPTED not in {event["text"] for event in events}
    await nothing(pharmacy, device)


async def test_a_caregiver_hears_nothing_of_sensitive_prescriptions(pharmacy: House) -> None:
    device = await patient(pharmacy, details=DAUGHTER)
    for rx_number in (HIDDEN, RX):
        await wish(pharmacy, device, rx_number)
    await send(pharmacy, READY | {"fill_id": "f2", "rx_number": HIDDEN})
    assert (await heard(pharmacy, device))[0]["text"] == HINT
    await send(pharmacy, READY)
    assert "is ready" in (await heard(pharmacy, device))[0]["text"]
    await nothing(pharmacy, device)


@pytest.mark.parametrize("name", ["queue", "staff"])
async def test_beside_a_person_the_system_speaks(pharmacy: House, name: str) -> None:
    device = await patient(pharmacy)
    number = await place(pharmacy, device)
    await owner(pharmacy, device, name)
    await send(pharmacy, decision(number, "rejected", reason="not_covered"))
    (event,) = await heard(pharmacy, device)
    assert (event["kind"], event["author"]) == ("message", "system")
    assert "Your insurance does not cover it." in event["text"]
    await nothing(pharmacy, device)


async def test_a_chat_that_has_ended_stays_as_it_is(pharmacy: House) -> None:
    device = await patient(pharmacy)
    number = await place(pharmacy, device)
    await wish(pharmacy, device)
    url = f"{pharmacy.address}/api/v1/conversations/{device.conversation_id}"
    headers = {"Authorization": f"Bearer {device.secret}"}
    async with pharmacy.session.delete(url, headers=headers):
        pass
    last = await _last_seq(pharmacy, device)
    await send(pharmacy, decision(number), READY)
    other = await patient(pharmacy)
    await wish(pharmacy, other)
    assert len(await heard(pharmacy, other)) == 1
    assert await _last_seq(pharmacy, device) == last
    async with pharmacy.app.database.read() as session:
        assert (await session.get_one(RefillRequest, number)).told_at is None


async def test_a_request_without_a_chat_is_nobodys_news(pharmacy: House) -> None:
    number = await place(pharmacy, None)
    await send(pharmacy, decision(number))
    device = await patient(pharmacy)
    await nothing(pharmacy, device)


async def test_two_gateways_tell_it_once(open_house: Opening) -> None:
    first = await open_house(feed_token=TOKEN)
    second = await open_house(feed_token=TOKEN)
    await send(first, *ALL)
    devices = [await patient(first) for _ in range(5)]
    numbers = [await place(first, device) for device in devices]
    await send(second, *map(decision, numbers), READY)
    for device in devices:
        # The events are read again and again: only the log is common to both gateways.
        events: list[dict[str, Any]] = []
        while not events:
            events = await heard(first, device, wait=0.1)
        assert [event["text"] for event in events] == [ACCEPTED]
        await nothing(first, device)


async def test_what_was_told_is_not_told_after_a_restart(open_house: Opening) -> None:
    first = await open_house(feed_token=TOKEN)
    await send(first, *ALL)
    device = await patient(first)
    told = await place(first, device)
    await send(first, decision(told))
    assert len(await heard(first, device)) == 1
    async with first.app.database.read() as session:
        row = await session.get_one(RefillRequest, told)
        assert row.told_at == first.clock()
    second = await open_house(feed_token=TOKEN)
    await nothing(second, device)
    late = await place(second, device)
    await wish(second, device)
    await send(second, decision(late), READY)
    events = await heard(second, device)
    while len(events) < 2:
        events += await heard(second, device)
    assert len(events) == 2
    async with second.app.database.read() as session:
        notices = await session.scalars(select(ReadyNotice))
        assert [notice.told_at for notice in notices] == [second.clock()]


async def test_a_chat_that_cannot_be_told_does_not_silence_the_others(
    pharmacy: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = await patient(pharmacy), await patient(pharmacy)
    tell = announcements.announce

    async def announce(
        database: Database, conversation_id: str, rules: Rules, now: datetime
    ) -> bool:
        if conversation_id == broken.conversation_id:
            raise RuntimeError("quoting lisinopril")
        return await tell(database, conversation_id, rules, now)

    monkeypatch.setattr(announcements, "announce", announce)
    numbers = [await place(pharmacy, device) for device in (broken, fine)]
    await send(pharmacy, *map(decision, numbers))
    assert [event["text"] for event in await heard(pharmacy, fine)] == [ACCEPTED]
    await nothing(pharmacy, broken)


async def test_it_means_what_was_announced(pharmacy: House) -> None:
    device = await patient(pharmacy)
    await wish(pharmacy, device)
    await send(pharmacy, READY)
    await heard(pharmacy, device)
    async with pharmacy.app.database.read() as session:
        row = await session.get_one(Conversation, device.conversation_id)
    assert row.memory["focus"] == 1


async def _last_seq(house: House, device: Device) -> int:
    async with house.app.database.read() as session:
        return (await session.get_one(Conversation, device.conversation_id)).last_seq
