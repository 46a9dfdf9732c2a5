"""Retention over HTTP, and what a device sees of it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.gateway.purging import purge_due
from bot.services.retention import runs
from tests.gateway.conftest import NOW, House
from tests.gateway.desk import CLINICAL
from tests.gateway.engine import custom
from tests.gateway.test_staff_sessions import code_of
from tests.staff import Console, at_the_desk


@pytest_asyncio.fixture
async def ada(house: House) -> AsyncIterator[Console]:
    async with at_the_desk(house.app.database, house.address, "ada", "admin") as opened:
        yield opened


async def test_the_rules_and_the_runs(house: House, ada: Console) -> None:
    device = await house.opened()
    await device.say("hello")
    status, body = await ada.get("retention")
    assert (status, body["rules"]) == (200, {"transcripts_days": 180, "questions_days": 730})
    assert (body["due"], body["runs"]) == ({"conversations": 0, "questions": 0}, [])
    await purge_due(house.app)
    assert await runs(house.app.database) == []  # nothing was due
    house.clock.now = NOW + timedelta(days=181)
    await ada.sign_in("ada")
    _, body = await ada.get("retention")
    assert body["due"] == {"conversations": 1, "questions": 0}
    await purge_due(house.app)
    _, body = await ada.get("retention")
    assert body["due"]["conversations"] == 0
    assert body["runs"] == [
        {"at": "2027-05-23T19:00:00.000Z", "by": None, "conversations": 1, "questions": 0}
    ]


async def test_once_a_day(house: House) -> None:
    for days, many in ((181, 1), (181.5, 1), (182.1, 2)):
        house.clock.now = NOW
        await house.opened()
        house.clock.now = NOW + timedelta(days=days)
        await purge_due(house.app)
        assert len(await runs(house.app.database)) == many


async def test_a_copy_for_the_patient(house: House, ada: Console) -> None:
    device = await house.opened()
    await device.say("hello")
    async with ada.session.post(
        f"{house.address}/staff/api/retention/export",
        json={"conversation_id": device.conversation_id},
        headers={"X-CSRF-Token": ada.csrf},
    ) as response:
        assert response.status == 200
        assert response.headers["Content-Disposition"] == (
            f'attachment; filename="conversation-{device.conversation_id}.json"'
        )
        copy = await response.json()
    assert copy["events"][0]["text"] == "hello"
    _, body = await ada.get("audit", action="export")
    assert body["entries"][0]["conversation_id"] == device.conversation_id


async def test_a_device_sees_that_the_chat_has_ended(house: House, ada: Console) -> None:
    device = await house.opened()
    await device.say("hello")
    sent = {"conversation_id": device.conversation_id, "reason": "the patient asked"}
    assert (await ada.post("retention/erase", sent))[0] == 204
    while (frame := await device.frame()).get("kind") != "closed":
        pass
    assert (frame["author"], frame["text"]) == ("system", "This chat has ended.")
    assert frame["seq"] == max(event["seq"] for event in device.events) + 1
    status, body = await house.post(device, "messages", {"client_id": "x", "text": "hello"})
    assert (status, body["error"]["code"]) == (401, "unauthorized")
    assert code_of(await ada.post("retention/erase", sent)) == (404, "not_found")
    _, body = await ada.get("audit", action="erase")
    assert [(row["outcome"], row["detail"]) for row in body["entries"]] == [
        ("not_found", {"reason": "the patient asked"}),
        ("ok", {"reason": "the patient asked"}),
    ]


async def test_what_is_erased_elsewhere_is_noticed(house: House) -> None:
    """As by `willcall purge --erase`, or through another gateway."""
    from bot.services.erasure import erase

    device = await house.opened()
    await device.say("hello")
    await erase(house.app.database, None, device.conversation_id, "asked", NOW)
    while (frame := await device.frame()).get("kind") != "closed":
        pass
    assert frame["type"] == "event"


async def test_a_message_after_the_erasure_is_refused(house: House, ada: Console) -> None:
    device = await house.opened()
    sent = {"conversation_id": device.conversation_id, "reason": "asked"}
    await ada.post("retention/erase", sent)
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    frame = await device.frame()
    assert frame.get("kind") == "closed" or frame["code"] == "conversation_ended"


async def test_not_while_a_question_is_open(house: House, ada: Console) -> None:
    house.engine.reply = lambda _text: custom(CLINICAL)
    device = await house.opened()
    await device.say("can i take both")
    sent = {"conversation_id": device.conversation_id, "reason": "asked"}
    assert code_of(await ada.post("retention/erase", sent)) == (409, "still_open")
    status, _ = await house.get(device, "events")
    assert status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"conversation_id": "x"},
        {"conversation_id": "x", "reason": " "},
        {"conversation_id": "a b", "reason": "asked"},
        {"conversation_id": "x" * 65, "reason": "asked"},
        {"conversation_id": 1, "reason": "asked"},
        {"conversation_id": "x", "reason": "x" * 501},
    ],
)
async def test_what_cannot_be_read(ada: Console, body: dict[str, object]) -> None:
    assert code_of(await ada.post("retention/erase", body)) == (400, "bad_request")
