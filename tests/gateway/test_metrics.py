"""The figures after real turns, hand-overs and claims are what has happened, and name nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot import directives as d
from bot.feed import json_lines
from bot.gateway import metrics_state
from bot.services.occurrences import Escalated, note
from bot.services.records import import_records
from tests.feed import examples
from tests.gateway.conftest import House
from tests.gateway.desk import CLINICAL, DeskHouse
from tests.gateway.engine import custom, say
from tests.gateway.figures import scraped
from tests.staff import Console, add_staff, at_the_desk


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test scrapes again at once."""
    monkeypatch.setattr(metrics_state, "KEPT_SECONDS", 0.0)


@pytest_asyncio.fixture
async def desk(house: House) -> AsyncIterator[DeskHouse]:
    async with AsyncExitStack() as exits:
        yield DeskHouse(house, exits)


async def test_a_turn_is_counted_once_and_timed_by_stage(house: House) -> None:
    device = await house.opened()
    await device.say("hello")
    figures = await scraped(house)
    assert figures.series("willcall_messages_total") == {("to_bot",): 1}
    assert figures.series("willcall_turns_total") == {("answered",): 1}
    assert figures.series("willcall_rasa_requests_total") == {("answered",): 1}
    stages = figures.series("willcall_turn_duration_seconds_count")
    assert stages == {(stage,): 1 for stage in ("store", "screen", "rasa", "reply", "whole")}
    assert figures.of("willcall_open_sockets") == 1
    assert figures.of("willcall_owed_turns") == 0
    await device.close()


async def test_a_repeated_message_is_not_another_one(house: House) -> None:
    device = await house.opened()
    for _ in range(2):
        body = {"client_id": "m", "text": "hello"}
        assert (await house.post(device, "messages", body))[0] == 202
    figures = await scraped(house)
    assert figures.series("willcall_messages_total") == {("to_bot",): 1, ("repeated",): 1}
    assert figures.of("willcall_turn_duration_seconds_count", stage="store") == 1


async def test_a_question_that_waits_and_is_claimed(house: House, desk: DeskHouse) -> None:
    paul = await desk.enters("paul", "pharmacist")
    _, number = await desk.asks(CLINICAL)
    house.clock.now += timedelta(seconds=90)
    figures = await scraped(house)
    line = {"queue": "pharmacist", "priority": "soon"}
    assert figures.of("willcall_escalations_total", reason="ask_clinical", **line) == 1
    assert figures.of("willcall_waiting", **line) == 1
    assert figures.of("willcall_oldest_waiting_seconds", **line) == 90
    assert figures.of("willcall_overdue", **line) == 0
    assert figures.series("willcall_owner_changes_total") == {("queue",): 1}
    assert figures.series("willcall_turns_total") == {("handed_over",): 1}

    assert (await paul.post(f"escalations/{number}/claim"))[0] == 200
    figures = await scraped(house)
    assert figures.of("willcall_claim_wait_seconds_sum", **line) == 90
    assert figures.of("willcall_claim_wait_seconds_count", **line) == 1
    assert figures.of("willcall_claimed", **line) == 1
    assert figures.of("willcall_waiting", **line) == 0
    assert figures.series("willcall_owner_changes_total") == {("queue",): 1, ("staff",): 1}
    assert figures.series("willcall_staff_signed_in") == {("pharmacist",): 1}


async def test_what_is_past_its_time_is_overdue(house: House, desk: DeskHouse) -> None:
    await desk.asks(CLINICAL)
    house.clock.now += timedelta(days=4)
    figures = await scraped(house)
    assert figures.of("willcall_overdue", queue="pharmacist", priority="soon") == 1


async def test_who_a_message_is_given_to(house: House, desk: DeskHouse) -> None:
    paul = await desk.enters("paul", "pharmacist")
    device, number = await desk.asks(CLINICAL)
    await device.say("are you there")
    assert (await paul.post(f"escalations/{number}/claim"))[0] == 200
    await device.say("hello")
    foreign = await house.opened()
    await foreign.say("Bonjour, est-ce que mon ordonnance est prête pour cet après-midi ?")
    figures = await scraped(house)
    given = {("to_bot",): 1, ("to_queue",): 1, ("to_staff",): 1, ("other_language",): 1}
    assert figures.series("willcall_messages_total") == given


async def test_both_nets_for_emergencies_are_counted_apart(house: House) -> None:
    device = await house.opened()
    await device.say("my son swallowed some of my pills")
    notice = d.Notice(response="urgent", urgent=True, families=("breathing",))
    house.engine.reply = lambda _text: custom(notice)
    other = await house.opened()
    await other.say("hello")
    figures = await scraped(house)
    found = {("ingestion", "screen"): 1, ("breathing", "second_net"): 1}
    assert figures.series("willcall_red_flags_total") == found
    assert figures.of("willcall_messages_total", outcome="red_flag") == 1


@pytest.mark.parametrize(
    ("reply", "status", "outcome"),
    [
        ([], 200, "nothing"),
        ("{not json", 200, "unreachable"),
        ([{"custom": {"type": "nonsense"}}], 200, "unreadable"),
        ([say()], 400, "bad_status"),
    ],
)
async def test_how_rasa_fails_is_told_apart(
    house: House, reply: Any, status: int, outcome: str
) -> None:
    house.engine.reply = lambda _text: reply
    house.engine.status = status
    device = await house.opened()
    await device.say("hello")
    figures = await scraped(house)
    assert figures.series("willcall_turns_total") == {("failed",): 1}
    assert figures.series("willcall_rasa_requests_total").keys() == {(outcome,)}
    labels = {"queue": "counter", "priority": "soon", "reason": "technical"}
    assert figures.of("willcall_escalations_total", **labels) == 1


async def test_what_was_not_understood_and_what_was_dropped(house: House, desk: DeskHouse) -> None:
    house.engine.reply = lambda _text: custom(
        d.Say(response="greet"), d.Unanswered(intent="nlu_fallback", confidence=0.1)
    )
    device = await house.opened()
    await device.say("coins")
    house.engine.gate = asyncio.Event()
    await device.send({"type": "message", "client_id": "late", "text": "hello"})
    while (await scraped(house)).of("willcall_owed_turns") != 1:
        await asyncio.sleep(0.01)
    house.clock.now += timedelta(seconds=7)
    assert (await scraped(house)).of("willcall_oldest_owed_turn_seconds") == 7
    async with house.session.delete(
        f"{house.address}/api/v1/conversations/{device.conversation_id}",
        headers={"Authorization": f"Bearer {device.secret}"},
    ) as response:
        assert response.status == 204
    house.engine.gate.set()
    turns: dict[tuple[str, ...], float] = {}
    while ("dropped",) not in turns:
        await asyncio.sleep(0.01)
        turns = (await scraped(house)).series("willcall_turns_total")
    assert turns == {("not_understood",): 1, ("dropped",): 1}


async def test_identity_and_sign_in(house: House, desk: DeskHouse) -> None:
    device = await house.opened()
    wrong = {"last_name": "Nobody", "date_of_birth": "1970-01-01", "phone": "2165550000"}
    for _ in range(4):
        await device.verify(**wrong)
    await add_staff(house.app.database, "tina", "technician")
    async with Console(house.address) as console:
        assert (await console.sign_in("tina", "not the password"))[0] == 401
        assert (await console.sign_in("tina"))[0] == 200
    figures = await scraped(house)
    checks = {("not_confirmed",): 3, ("locked",): 1}
    assert figures.series("willcall_identity_checks_total") == checks
    assert figures.series("willcall_sign_ins_total") == {("failed",): 1, ("signed_in",): 1}


async def test_the_age_of_the_records_and_requests_of_patients(house: House) -> None:
    assert (await scraped(house)).of("willcall_feed_age_seconds") is None
    rows = json_lines.read(examples.lines([examples.STORE]))
    await import_records(house.app.database, rows, house.app.now())
    house.clock.now += timedelta(hours=2)
    placed = d.RefillPlaced(
        prescription_id=1, medicine="x", store_name="Main", timezone="America/New_York",
        placed_at=house.app.now().isoformat(),
    )  # fmt: skip
    house.engine.reply = lambda _text: custom(placed)
    await (await house.opened()).say("yes")
    figures = await scraped(house)
    assert figures.of("willcall_feed_age_seconds") == 7200
    assert figures.series("willcall_refills_placed_total") == {("refill",): 1}


async def test_consoles_on_the_stream(house: House) -> None:
    async with (
        at_the_desk(house.app.database, house.address, "tina", "technician") as tina,
        tina.stream() as stream,
    ):
        await stream.next("hello")
        assert (await scraped(house)).of("willcall_open_consoles") == 1


async def test_what_is_rolled_back_has_not_happened(house: House) -> None:
    class LostError(Exception):
        pass

    async def lost() -> None:
        async with house.app.database.write() as session:
            note(session, Escalated("counter", "soon", "ask_hours"))
            raise LostError

    with pytest.raises(LostError):
        await lost()
    assert (await scraped(house)).series("willcall_escalations_total") == {}


async def test_no_label_grows_with_what_people_send(house: House) -> None:
    """What somebody makes up is counted in series that are there already."""
    for number in range(30):
        async with house.session.request(
            "PROPFIND", f"{house.address}/api/v1/made-up/{number}?wait={number}"
        ) as response:
            assert response.status == 404
    made_up = d.Handoff(queue="counter", reason="made_up_reason", response=None, transfers=False)
    house.engine.reply = lambda _text: custom(made_up)
    device = await house.opened()
    await device.say("hello")
    figures = await scraped(house)
    requests = figures.series("willcall_http_requests_total")
    assert requests[("other", "other", "404")] == 30
    routes = {route for _, route, _ in requests}
    assert not [route for route in routes if device.conversation_id in route or "made-up" in route]
    reasons = {reason for _, _, reason in figures.series("willcall_escalations_total")}
    assert reasons == {"other"}


async def test_refusals_are_counted_by_code(house: House) -> None:
    device = await house.opened()
    await device.send({"type": "message", "client_id": "e", "text": "  "})
    assert (await device.frame())["code"] == "text_empty"
    assert (await house.post(device, "messages", {"client_id": "e2", "text": ""}))[0] == 400
    figures = await scraped(house)
    assert figures.series("willcall_errors_total") == {("text_empty",): 2}
