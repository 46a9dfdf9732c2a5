"""The chat follows the language that the patient writes; what nobody can read goes to people."""

from typing import Any

import pytest

from bot import directives as d
from bot.storage.conversations import Conversation
from tests.gateway.conftest import House
from tests.gateway.engine import custom, say
from tests.stack import Device

ENGLISH = "Hello. I am the pharmacy's automated assistant."
SPANISH = "Hola. Soy el asistente automático de la farmacia."
VIETNAMESE = "Thuốc của tôi đã có chưa"


async def opened(house: House, locale: Any) -> tuple[int, dict[str, Any]]:
    async with house.session.post(
        f"{house.address}/api/v1/conversations", json={"locale": locale}
    ) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("es", "es"),
        ("es-MX", "es"),
        ("es_US", "es"),
        ("ES-419", "es"),
        ("en-US", "en"),
        ("EN", "en"),
        ("pt-BR", "en"),
        ("est", "en"),
        ("", "en"),
        ("-es", "en"),
        ("x" * 500, "en"),
    ],
)
async def test_a_locale_is_read_by_its_language(house: House, asked: str, given: str) -> None:
    status, body = await opened(house, asked)
    assert (status, body["locale"]) == (201, given)


async def test_a_locale_has_to_be_a_text(house: House) -> None:
    status, body = await opened(house, ["es"])
    assert (status, body["error"]["code"]) == (400, "bad_request")


async def first_text(device: Device, text: str) -> str:
    said: str = (await device.say(text))[0]["text"]
    return said


async def test_the_chat_follows_the_patient_into_spanish_and_back(house: House) -> None:
    device = await house.opened("en")
    assert (await first_text(device, "hello there")).startswith(ENGLISH)
    assert (await first_text(device, "quiero saber si ya está mi receta")).startswith(SPANISH)
    # A name, a number or an "ok" is no reason to change again.
    for text in ("lisinopril", "ok", "2", "no"):
        assert (await first_text(device, text)).startswith(SPANISH)
    assert (await first_text(device, "sorry, can you answer in english")).startswith(ENGLISH)
    assert (await first_text(device, "sí")).startswith(ENGLISH)


async def test_a_spanish_chat_answers_english_in_english(house: House) -> None:
    device = await house.opened("es")
    assert (await first_text(device, "is my prescription ready")).startswith(ENGLISH)


async def test_an_emergency_is_answered_in_its_own_language(house: House) -> None:
    device = await house.opened("en")
    events = await device.say("mi hijo se tragó unas pastillas mías")
    assert events[0]["urgent"] is True
    assert events[0]["text"].startswith("Esto puede ser una emergencia. Llame ya al 911")
    assert house.engine.heard == []


async def test_another_language_goes_to_the_counter_without_rasa(house: House) -> None:
    device = await house.opened("en")
    events = await device.say(VIETNAMESE)
    assert [event["kind"] for event in events] == ["message", "owner", "choices"]
    assert events[0]["text"] == (
        "I can only read English and Spanish. I am passing your message to the counter."
        " In an emergency, call 911. Someone at the counter will answer here as soon as they can."
        " If it cannot wait, call the pharmacy. Call 911 for an emergency.\n\n"
        "Solo puedo leer inglés y español. Le paso su mensaje al mostrador."
        " En una emergencia, llame al 911. Alguien del mostrador le va a responder aquí lo antes"
        " posible. Si no puede esperar, llame a la farmacia. En una emergencia, llame al 911."
    )
    assert events[1]["owner"] == "queue"
    assert house.engine.heard == []
    rows = await house.escalations(device)
    assert [(row.queue, row.priority, row.reason, row.question) for row in rows] == [
        ("counter", "soon", "other_language", VIETNAMESE)
    ]


async def test_in_a_spanish_chat_spanish_is_said_first(house: House) -> None:
    device = await house.opened("es")
    text = await first_text(device, "我的药准备好了吗")
    assert text.startswith("Solo puedo leer inglés y español.")
    assert "\n\nI can only read English and Spanish." in text


async def test_while_people_hold_the_chat_another_language_is_just_passed_on(house: House) -> None:
    device = await house.opened("en")
    await device.say(VIETNAMESE)
    events = await device.say("Tôi muốn nói chuyện với dược sĩ")
    assert [event["kind"] for event in events] == ["notice"]
    rows = await house.escalations(device)
    assert [(row.reason, row.unread) for row in rows] == [("other_language", 2)]


async def test_back_with_the_assistant_the_ticket_is_renewed(house: House) -> None:
    device = await house.opened("en")
    await device.say(VIETNAMESE)
    await device.choose("Ask the assistant more")
    assert (await first_text(device, "hello there")).startswith(ENGLISH)
    await device.say(VIETNAMESE)
    rows = await house.escalations(device)
    assert [(row.reason, row.state) for row in rows] == [("other_language", "waiting")]
    assert rows[0].question == f"{VIETNAMESE}\n{VIETNAMESE}"


async def test_a_yes_after_another_language_answers_nothing(house: House) -> None:
    """What waited for a yes is gone, also when the patient comes back from the queue."""
    asked = d.Memory(confirm=d.Confirm(kind="refill", prescription_id=1), last_intent="x")
    house.engine.reply = lambda _text: custom(d.Say(response="greet"), d.Remember(memory=asked))
    device = await house.opened("en")
    await device.say("i need a refill")
    await device.say(VIETNAMESE)
    async with house.app.database.read() as session:
        row = await session.get(Conversation, device.conversation_id)
        assert row is not None
        assert row.memory["confirm"] is None
        assert row.memory["last_intent"] == "x"


async def test_identity_details_are_taken_out_of_what_people_read(house: House) -> None:
    device = await house.opened("en")
    await device.say("Xin chào, tôi sinh ngày 03/04/1961, thuốc của tôi đã có chưa, 216-555-0101")
    (row,) = await house.escalations(device)
    assert row.reason == "other_language"
    assert "1961" not in row.question
    assert "0101" not in row.question


async def test_a_red_flag_comes_before_the_language(house: House) -> None:
    house.engine.reply = lambda _text: [say()]
    device = await house.opened("en")
    events = await device.say("overdose overdose tôi cần giúp đỡ ngay bây giờ")
    assert events[0].get("urgent") is True
    rows = await house.escalations(device)
    assert [row.queue for row in rows] == ["pharmacist"]
