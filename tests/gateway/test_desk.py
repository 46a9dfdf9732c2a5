"""The desk: who may take what, how a conversation changes hands, and that nobody is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from tests.gateway.conftest import House
from tests.gateway.desk import BESIDE, CLINICAL, PERSON, DeskHouse
from tests.staff import Console


@pytest_asyncio.fixture
async def desk(house: House) -> AsyncIterator[DeskHouse]:
    async with AsyncExitStack() as exits:
        yield DeskHouse(house, exits)


async def act(console: Console, number: int, what: str, **body: Any) -> tuple[int, Any]:
    return await console.post(f"escalations/{number}/{what}", body)


async def waiting(console: Console) -> list[int]:
    _, body = await console.get("escalations", state="waiting")
    return [row["escalation_id"] for row in body["escalations"]]


async def test_from_the_question_to_the_hand_back(desk: DeskHouse) -> None:
    paul = await desk.enters("paul", "pharmacist")
    device, number = await desk.asks()
    assert (await waiting(paul)) == [number]

    status, claimed = await act(paul, number, "claim")
    assert (status, claimed["state"], claimed["claimed_by"]["username"]) == (200, "claimed", "paul")
    (here,) = await device.catch_up()
    assert (here["kind"], here["owner"]) == ("owner", "staff")
    assert (here["name"], here["role"]) == ("Paul", "pharmacist")
    assert here["text"] == "Paul, pharmacist, is here now."

    await device.say("it is ibuprofen")
    body = {"client_id": "p-1", "text": "That is fine with food."}
    status, sent = await paul.post(f"conversations/{device.conversation_id}/messages", body)
    assert status == 202
    said = (await device.catch_up())[-1]
    assert (said["seq"], said["author"], said["text"]) == (sent["seq"], "staff", body["text"])
    assert (said["name"], said["role_label"]) == ("Paul", "pharmacist")
    assert "it is ibuprofen" not in desk.house.engine.heard

    status, after = await act(paul, number, "hand_back")
    assert (status, after["state"], after["outcome"]) == (200, "closed", "handed_back")
    back = (await device.catch_up())[-1]
    assert (back["owner"], back["text"]) == ("bot", "The assistant is back.")
    await device.say("is it ready")
    assert desk.house.engine.heard[-1] == "is it ready"


async def test_the_loser_is_told_the_holder(desk: DeskHouse) -> None:
    paul = await desk.enters("paul", "pharmacist")
    rosa = await desk.enters("rosa", "pharmacist")
    _, number = await desk.asks()
    assert (await act(paul, number, "claim"))[0] == 200
    assert (await act(paul, number, "claim"))[0] == 200  # a repeat is no conflict
    status, body = await act(rosa, number, "claim")
    assert (status, body["error"]["code"]) == (409, "already_claimed")
    assert body["holder"] == body["error"]["holder"] == "Paul"
    assert body["error"]["message"] == "Paul has this conversation."


@pytest.mark.parametrize("what", ["release", "transfer", "hand_back", "close"])
async def test_only_the_holder_acts(desk: DeskHouse, what: str) -> None:
    paul = await desk.enters("paul", "pharmacist")
    rosa = await desk.enters("rosa", "pharmacist")
    device, number = await desk.asks(PERSON)
    body = {"queue": "pharmacist", "outcome": "answered"}
    status, refused = await act(rosa, number, what, **body)
    assert (status, refused["error"]["code"]) == (409, "not_holder")
    await act(paul, number, "claim")
    status, refused = await act(rosa, number, what, **body)
    assert (status, refused["error"]["code"]) == (409, "not_holder")
    status, refused = await rosa.post(
        f"conversations/{device.conversation_id}/messages", {"client_id": "r", "text": "hi"}
    )
    assert (status, refused["error"]["code"]) == (409, "not_holder")
    assert (await act(paul, number, what, **body))[0] == 200


class TestRoles:
    async def test_a_technician_neither_sees_nor_takes_what_is_clinical(
        self, desk: DeskHouse
    ) -> None:
        tina = await desk.enters("tina", "technician")
        device, number = await desk.asks(CLINICAL)
        assert await waiting(tina) == []
        assert (await act(tina, number, "claim"))[0] == 403
        for path in (f"conversations/{device.conversation_id}",):
            assert (await tina.get(path))[0] == 403
            assert (await tina.get(f"{path}/canned"))[0] == 403
            assert (await tina.post(f"{path}/notes", {"text": "x"}))[0] == 403
            message = {"client_id": "t", "text": "x"}
            assert (await tina.post(f"{path}/messages", message))[0] == 403
            assert (await tina.post(f"{path}/typing"))[0] == 403
            assert (await tina.post(f"{path}/seen", {"seq": 1}))[0] == 403
        _, found = await tina.post("search", {"q": "take both"})
        assert found["results"] == []

    async def test_what_is_clinical_stays_with_the_pharmacist(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        _, number = await desk.asks(CLINICAL)
        await act(paul, number, "claim")
        status, body = await act(paul, number, "transfer", queue="counter", reason="busy")
        assert (status, body["error"]["code"]) == (409, "stays_with_pharmacist")

    async def test_an_emergency_is_taken_over_from_a_technician(self, desk: DeskHouse) -> None:
        tina = await desk.enters("tina", "technician")
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks(PERSON)
        await act(tina, number, "claim")
        await device.say("my chest hurts and i cannot breathe")
        urgent = (await desk.house.escalations(device))[-1]
        assert (urgent.queue, urgent.priority, urgent.state) == ("pharmacist", "urgent", "waiting")
        assert (await desk.events(device))[-2]["urgent"]
        assert (await act(paul, urgent.escalation_id, "claim"))[0] == 200
        states = {row.escalation_id: row for row in await desk.house.escalations(device)}
        # Claiming takes all that waits, the technician's question with it.
        assert {row.claimed_by for row in states.values()} == {"paul"}
        status, body = await tina.post(
            f"conversations/{device.conversation_id}/messages", {"client_id": "t", "text": "hi"}
        )
        assert (status, body["error"]["code"]) == (409, "not_holder")

    async def test_a_calm_question_is_not_taken_from_a_technician(self, desk: DeskHouse) -> None:
        tina = await desk.enters("tina", "technician")
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks(PERSON)
        await device.choose("Ask the assistant more")
        clinical = await desk.asks_again(device, CLINICAL)
        assert (await act(tina, number, "claim"))[0] == 200
        status, body = await act(paul, clinical, "claim")
        assert (status, body["holder"]) == (409, "Tina")

    async def test_an_admin_reads_no_conversation(self, desk: DeskHouse) -> None:
        ada = await desk.enters("ada", "admin")
        device, number = await desk.asks(PERSON)
        assert (await ada.get("escalations"))[0] == 403
        assert (await act(ada, number, "claim"))[0] == 403
        assert (await ada.get(f"conversations/{device.conversation_id}"))[0] == 403
        assert (await ada.post("search", {"q": "both"}))[0] == 403

    async def test_a_conversation_that_was_never_escalated_is_nobodys(
        self, desk: DeskHouse
    ) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device = await desk.house.opened()
        await device.say("hello")
        assert (await paul.get(f"conversations/{device.conversation_id}"))[0] == 403
        assert (await paul.get("conversations/none"))[0] == 404
        assert (await act(paul, 4711, "claim"))[0] == 404


class TestChangingHands:
    async def test_a_reply_that_raced_a_claim_is_dropped(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await device.choose("Ask the assistant more")
        engine = desk.house.engine
        engine.gate = asyncio.Event()
        await device.send({"type": "message", "client_id": "m", "text": "is it ready"})
        while "is it ready" not in engine.heard:
            await asyncio.sleep(0.01)
        await act(paul, number, "claim")
        before = await desk.events(device)
        engine.gate.set()
        await device.turn_events()
        assert await desk.events(device) == before
        assert before[-1]["owner"] == "staff"
        await device.say("hello?")
        assert (await desk.events(device))[-1]["text"] == "hello?"

    async def test_what_the_patient_writes_while_waiting_is_unread(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await device.say("are you there")
        _, body = await paul.get("escalations")
        assert body["escalations"][0]["unread"] == 2
        await act(paul, number, "claim")
        _, read = await paul.get(f"conversations/{device.conversation_id}")
        last = read["conversation"]["last_seq"]
        assert [event["seq"] for event in read["events"]] == list(range(1, last + 1))
        path = f"conversations/{device.conversation_id}/seen"
        assert (await paul.post(path, {"seq": last - 1}))[0] == 204
        assert (await desk.house.escalations(device))[0].unread == 2
        assert (await paul.post(path, {"seq": last}))[0] == 204
        assert (await desk.house.escalations(device))[0].unread == 0

    async def test_release_puts_it_back_in_line(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        due_at = (await desk.house.escalations(device))[0].due_at
        await act(paul, number, "claim")
        status, body = await act(paul, number, "release")
        assert (status, body["state"], body["claimed_by"]) == (200, "waiting", None)
        assert (await desk.house.escalations(device))[0].due_at == due_at
        assert (await desk.events(device))[-1]["owner"] == "queue"

    async def test_transfer_tells_the_patient_and_leaves_a_note(self, desk: DeskHouse) -> None:
        tina = await desk.enters("tina", "technician")
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks(PERSON)
        await act(tina, number, "claim")
        status, body = await act(tina, number, "transfer", queue="counter", reason="")
        assert (status, body["error"]["code"]) == (409, "same_queue")
        status, body = await act(
            tina, number, "transfer", queue="pharmacist", reason="asks about a dose"
        )
        assert (status, body["queue"], body["state"]) == (200, "pharmacist", "waiting")
        told = (await desk.events(device))[-2]
        assert told["text"].startswith("Tina passed your question on. A pharmacist will answer")
        _, read = await paul.get(f"conversations/{device.conversation_id}")
        assert [note["text"] for note in read["notes"]] == ["asks about a dose"]
        assert "asks about a dose" not in str(await desk.events(device))
        # It is the pharmacist's now.
        assert (await act(tina, number, "claim"))[0] == 403
        assert (await act(paul, number, "claim"))[0] == 200

    async def test_closing_the_last_ends_the_chat(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await act(paul, number, "claim")
        assert (await act(paul, number, "close", outcome="won", note=""))[0] == 400
        status, body = await act(paul, number, "close", outcome="answered", note="told to wait")
        assert (status, body["state"], body["outcome"]) == (200, "closed", "answered")
        assert body["closed_by"]["display_name"] == "Paul"
        assert (await desk.house.get(device, "events"))[0] == 410
        _, read = await paul.get(f"conversations/{device.conversation_id}")
        assert read["events"][-1]["kind"] == "closed"
        assert [note["text"] for note in read["notes"]] == ["told to wait"]
        status, body = await act(paul, number, "claim")
        assert (status, body["error"]["code"]) == (409, "already_closed")

    async def test_closing_one_of_two_keeps_the_rest_in_hand(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, first = await desk.asks()
        await device.choose("Ask the assistant more")
        second = await desk.asks_again(device, PERSON)
        await act(paul, first, "claim")  # takes both
        await act(paul, first, "close", outcome="answered")
        assert (await desk.events(device))[-1]["kind"] == "owner"
        rows = {row.escalation_id: row.state for row in await desk.house.escalations(device)}
        assert rows == {first: "closed", second: "claimed"}
        await act(paul, second, "close", outcome="answered")
        assert (await desk.house.get(device, "events"))[0] == 410

    async def test_closing_leaves_what_others_must_see_in_line(self, desk: DeskHouse) -> None:
        tina = await desk.enters("tina", "technician")
        device, first = await desk.asks(PERSON)
        await device.choose("Ask the assistant more")
        await desk.asks_again(device, CLINICAL)
        await act(tina, first, "claim")
        await act(tina, first, "close", outcome="answered")
        assert (await desk.events(device))[-1]["owner"] == "queue"

    async def test_handing_back_says_what_still_waits(self, desk: DeskHouse) -> None:
        tina = await desk.enters("tina", "technician")
        device, first = await desk.asks(PERSON)
        await device.choose("Ask the assistant more")
        await desk.asks_again(device, CLINICAL)
        await act(tina, first, "claim")
        await act(tina, first, "hand_back")
        assert (await desk.events(device))[-1]["text"] == (
            "The assistant is back. The team still has your other question."
        )

    async def test_a_ticket_beside_the_chat_can_be_taken_too(self, desk: DeskHouse) -> None:
        tina = await desk.enters("tina", "technician")
        device, number = await desk.asks(BESIDE)
        assert (await act(tina, number, "claim"))[1]["owner"] == "staff"
        await act(tina, number, "hand_back")
        assert (await desk.events(device))[-1]["owner"] == "bot"

    async def test_after_the_patient_has_left(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        async with desk.house.session.delete(
            f"{desk.house.address}/api/v1/conversations/{device.conversation_id}",
            headers={"Authorization": f"Bearer {device.secret}"},
        ) as response:
            assert response.status == 204
        _, listing = await paul.get("escalations")
        assert listing["escalations"][0]["patient_left"]
        assert (await act(paul, number, "claim"))[0] == 200
        message = {"client_id": "p", "text": "hello"}
        path = f"conversations/{device.conversation_id}"
        assert (await paul.post(f"{path}/messages", message))[0] == 410
        assert (await act(paul, number, "hand_back"))[0] == 410
        assert (await paul.post(f"{path}/notes", {"text": "called instead"}))[0] == 201
        assert (await act(paul, number, "close", outcome="called"))[0] == 200


class TestWriting:
    async def test_a_repeat_gets_the_same_seq(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await act(paul, number, "claim")
        path = f"conversations/{device.conversation_id}/messages"
        body = {"client_id": "p-1", "text": "one"}
        first, again = await paul.post(path, body), await paul.post(path, body)
        assert first == again
        await act(paul, number, "release")
        assert await paul.post(path, body) == first  # also when it is answered late
        texts = [event["text"] for event in await desk.events(device)]
        assert texts.count("one") == 1

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"client_id": "a", "text": "  \n"}, 400, "text_empty"),
            ({"client_id": "a", "text": "x" * 2001}, 413, "text_too_long"),
            ({"client_id": "", "text": "x"}, 400, "bad_request"),
            ({"text": "x"}, 400, "bad_request"),
            ({"client_id": "a", "text": 4}, 400, "bad_request"),
        ],
    )
    async def test_what_cannot_be_sent(
        self, desk: DeskHouse, body: Any, status: int, code: str
    ) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await act(paul, number, "claim")
        found, error = await paul.post(f"conversations/{device.conversation_id}/messages", body)
        assert (found, error["error"]["code"]) == (status, code)

    async def test_typing_is_shown_to_both_sides(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await act(paul, number, "claim")
        async with paul.stream() as stream:
            await stream.next("hello")
            await device.send({"type": "typing"})
            await stream.next("typing", conversation_id=device.conversation_id)
            await device.send({"type": "seen", "seq": 2})
            await stream.next("seen", seq=2)
        status, _ = await paul.post(f"conversations/{device.conversation_id}/typing")
        assert status == 204
        while (frame := await device.frame())["type"] != "typing":
            pass
        assert frame == {"type": "typing", "author": "staff"}

    async def test_a_red_flag_still_rings_beside_a_person(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await act(paul, number, "claim")
        await device.say("i took 30 pills to end it")
        rows = await desk.house.escalations(device)
        assert [row.priority for row in rows] == ["soon", "urgent"]
        notice = next(event for event in await desk.events(device) if event["kind"] == "notice")
        assert notice["urgent"]
        _, claimed = await act(paul, rows[-1].escalation_id, "claim")
        assert claimed["claimed_by"]["username"] == "paul"


class TestAlerts:
    async def rung(self, desk: DeskHouse, stream: Any, **data: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await stream.next("change", **data)).data
        return found

    async def test_urgent_rings_every_minute_until_somebody_takes_it(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        async with paul.stream() as stream:
            await stream.next("hello")
            device = await desk.house.opened()
            await device.say("i took 30 pills to end it")
            opened = await self.rung(desk, stream, kind="opened", priority="urgent")
            for number in (1, 2, 3):
                desk.house.clock.now += timedelta(seconds=61)
                assert (await self.rung(desk, stream, kind="alert"))["number"] == number
            await act(paul, opened["escalation_id"], "claim")
            desk.house.clock.now += timedelta(seconds=61)
            await asyncio.sleep(1.5)
            _, listing = await paul.get("escalations")
            assert listing["escalations"][0]["alerts"] == 0

    async def test_a_holder_who_does_not_read_loses_the_conversation(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await act(paul, number, "claim")
        async with paul.stream() as stream:
            await stream.next("hello")
            await device.say("hello?")
            for _ in range(3):
                desk.house.clock.now += timedelta(seconds=125)
                assert (await self.rung(desk, stream, kind="unread"))["username"] == "paul"
            desk.house.clock.now += timedelta(seconds=125)
            await self.rung(desk, stream, kind="released")
        assert await waiting(paul) == [number]
        texts = [event["text"] for event in await desk.events(device)]
        assert "The person who was here had to leave." in texts
        assert (await desk.events(device))[-1]["owner"] == "queue"

    async def test_somebody_who_has_left_is_not_taken_from_the_holder(
        self, desk: DeskHouse
    ) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await act(paul, number, "claim")
        await device.say("hello?")
        async with desk.house.session.delete(
            f"{desk.house.address}/api/v1/conversations/{device.conversation_id}",
            headers={"Authorization": f"Bearer {device.secret}"},
        ):
            pass
        async with paul.stream() as stream:
            await stream.next("hello")
            for _ in range(5):
                desk.house.clock.now += timedelta(seconds=125)
                assert (await self.rung(desk, stream, kind="unread"))["username"] == "paul"
        assert await waiting(paul) == []

    async def test_signing_out_lets_go(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        device, number = await desk.asks()
        await act(paul, number, "claim")
        assert (await paul.post("logout"))[0] in (200, 204)
        row = (await desk.house.escalations(device))[0]
        assert (row.state, row.claimed_by) == ("waiting", None)
        assert (await desk.events(device))[-1]["owner"] == "queue"


class TestLive:
    async def test_what_was_missed_comes_once_and_in_order(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        async with paul.stream() as stream:
            await stream.next("hello")
            device, number = await desk.asks()
            last = await stream.next("change", kind="opened")
        await act(paul, number, "claim")
        for text in ("one", "two"):
            body = {"client_id": text, "text": text}
            await paul.post(f"conversations/{device.conversation_id}/messages", body)
        async with paul.stream(last.id) as stream:
            await stream.next("change", kind="claimed")
            await stream.next("change", kind="message", author="staff")
            await stream.next("change", kind="message", author="staff")
            await act(paul, number, "hand_back")
            await stream.next("change", kind="handed_back")
            ids = [int(event.id) for event in stream.seen if event.id]
        assert ids == list(range(int(last.id or 0) + 1, ids[-1] + 1))

    async def test_a_console_from_another_time_reads_all_again(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        async with paul.stream(999_999) as stream:
            await stream.next("hello")
            await stream.next("reset")
        status, _ = await paul.get("events", headers={"Last-Event-ID": "minus one"})
        assert status == 400

    async def test_a_technician_hears_nothing_of_the_pharmacist(self, desk: DeskHouse) -> None:
        tina = await desk.enters("tina", "technician")
        async with tina.stream() as stream:
            await stream.next("hello")
            await desk.asks(CLINICAL)
            _, number = await desk.asks(PERSON)
            await stream.next("change", kind="opened", escalation_id=number)
            queues = {e.data["queue"] for e in stream.seen if e.event == "change"}
        assert queues == {"counter"}

    async def test_the_stream_ends_with_the_session(self, desk: DeskHouse) -> None:
        paul = await desk.enters("paul", "pharmacist")
        async with paul.stream() as stream:
            await stream.next("hello")
            await paul.post("logout")
            await stream.ends(seconds=15)


async def test_search(desk: DeskHouse) -> None:
    paul = await desk.enters("paul", "pharmacist")
    device, number = await desk.asks(text="is grapefruit 100% okay")
    for query in ("grapefruit", "GRAPE", str(number), f"#{number}", "100%"):
        _, body = await paul.post("search", {"q": query})
        assert [row["escalation_id"] for row in body["results"]] == [number], query
    assert body["results"][0]["conversation_id"] == device.conversation_id
    for query in ("200%", "gr_pe", "nobody"):
        assert (await paul.post("search", {"q": query}))[1]["results"] == []
    assert (await paul.post("search", {"q": " "}))[0] == 400


async def test_canned_replies_follow_the_patients_language(desk: DeskHouse) -> None:
    paul = await desk.enters("paul", "pharmacist")
    device, _ = await desk.asks(locale="es", text="puedo tomarlo con ibuprofeno")
    _, body = await paul.get(f"conversations/{device.conversation_id}/canned")
    replies = {row["id"]: row for row in body["replies"]}
    assert replies["hello"]["title"] == "Hello"
    assert replies["hello"]["text"] == (
        "Hola, [nombre]. Soy Paul, farmacéutico. Estoy leyendo su pregunta."
    )


async def test_what_people_do_is_audited(desk: DeskHouse) -> None:
    paul = await desk.enters("paul", "pharmacist")
    tina = await desk.enters("tina", "technician")
    ada = await desk.enters("ada", "admin")
    device, number = await desk.asks()
    await act(tina, number, "claim")
    await act(paul, number, "claim")
    await paul.get(f"conversations/{device.conversation_id}")
    await paul.get(f"conversations/{device.conversation_id}", after=1)
    await paul.post(
        f"conversations/{device.conversation_id}/messages", {"client_id": "1", "text": "canary"}
    )
    await act(paul, number, "close", outcome="answered", note="canary")
    _, body = await ada.get("audit", conversation_id=device.conversation_id)
    told = [(row["username"], row["action"], row["outcome"]) for row in body["entries"]]
    assert told[::-1] == [
        ("tina", "claim", "forbidden"),
        ("paul", "claim", "ok"),
        ("paul", "read", "ok"),
        ("paul", "message", "ok"),
        ("paul", "close", "ok"),
    ]
    assert "canary" not in str(body)
