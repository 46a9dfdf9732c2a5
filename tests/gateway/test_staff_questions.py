"""Reviewing questions at the desk: listing, answering, teaching, putting away, taking back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.pharmacy.intents import NAMES
from bot.storage.staff import AuditEntry
from tests.gateway.conftest import House
from tests.gateway.desk import DeskHouse
from tests.gateway.reviewing import grouped, kept, not_understood, sentences
from tests.staff import Console

ODD = "what about the gold coins for the dosette"


@pytest_asyncio.fixture
async def desk(house: House) -> AsyncIterator[DeskHouse]:
    house.engine.meanings = {"coins": 0, "parking": 1}
    async with AsyncExitStack() as exits:
        yield DeskHouse(house, exits)


@pytest_asyncio.fixture
async def paul(desk: DeskHouse) -> Console:
    return await desk.enters("paul", "pharmacist")


async def decide(
    console: Console, what: str, number: int | str, **body: Any
) -> tuple[int, dict[str, Any]]:
    """A decision about a question, or about a group: `groups/3`."""
    return await console.post(f"questions/{number}/{what}", body)


async def test_listing_by_group_and_age(desk: DeskHouse, paul: Console) -> None:
    await not_understood(desk.house, "is there parking")
    for text in ("gold coins please", "my coins", "the coins"):
        await not_understood(desk.house, text)
    body = await grouped(paul)
    assert body["counts"] == {"new": 4, "answered": 0, "labelled": 0, "dismissed": 0}
    assert [row["text"] for row in body["questions"]] == [
        "gold coins please", "my coins", "the coins", "is there parking",
    ]  # fmt: skip
    first, second = body["groups"]
    assert (first["size"], first["new"], first["guess"], first["locale"]) == (
        3, 3, "ask_price", "en",
    )  # fmt: skip
    assert sorted(first["examples"]) == ["gold coins please", "my coins", "the coins"]
    assert first["oldest_at"] <= first["newest_at"]
    by_age = await grouped(paul, order="age")
    assert by_age["questions"][0]["text"] == "is there parking"
    only = await grouped(paul, group_id=second["group_id"])
    assert [row["text"] for row in only["questions"]] == ["is there parking"]
    question = body["questions"][0]
    assert question["kind"] == "unanswered"
    assert question["ranking"] == [["ask_price", 0.04], ["ask_status", 0.03]]
    assert (question["confidence"], question["reachable"]) == (0.04, True)
    assert (question["label"], question["reviewed_by"], question["reviewed_at"]) == (None,) * 3


@pytest.mark.parametrize(
    "query", [{"status": "x"}, {"kind": "x"}, {"group_id": "x"}, {"order": ""}]
)
async def test_a_listing_that_does_not_exist(paul: Console, query: dict[str, Any]) -> None:
    assert (await paul.get("questions", **query))[0] == 400


async def test_an_engine_that_is_away_is_asked_again(desk: DeskHouse, paul: Console) -> None:
    desk.house.engine.meanings = None
    await not_understood(desk.house, ODD)
    await asyncio.sleep(2.5)
    _, body = await paul.get("questions")
    assert body["questions"][0]["group_id"] is None
    desk.house.engine.meanings = {"coins": 0}
    assert (await grouped(paul))["groups"][0]["examples"] == [ODD]


async def test_an_answer_arrives_in_the_chat(desk: DeskHouse, paul: Console) -> None:
    device = await not_understood(desk.house, ODD)
    number = (await kept(desk.house))[0].question_id
    body = {"client_id": "p-1", "text": "We do not sell them."}
    status, done = await decide(paul, "answer", number, **body)
    assert (status, done["questions"][0]["status"]) == (200, "answered")
    assert done["questions"][0]["reviewed_by"] == {
        "username": "paul", "display_name": "Paul", "role": "pharmacist",
    }  # fmt: skip
    said = (await device.catch_up())[-1]
    assert (said["author"], said["kind"], said["text"]) == ("staff", "message", body["text"])
    assert (said["name"], said["role"], said["role_label"]) == ("Paul", "pharmacist", "pharmacist")
    _, again = await decide(paul, "answer", number, **body)
    assert again["review_id"] == done["review_id"]
    assert await device.catch_up() == []
    await device.say("and is it ready")  # the bot goes on speaking
    assert desk.house.engine.heard[-1] == "and is it ready"


async def test_a_chat_that_has_ended_is_not_reached(desk: DeskHouse, paul: Console) -> None:
    device = await not_understood(desk.house, ODD)
    async with desk.house.session.delete(
        f"{desk.house.address}/api/v1/conversations/{device.conversation_id}",
        headers={"Authorization": f"Bearer {device.secret}"},
    ) as response:
        assert response.status == 204
    _, body = await paul.get("questions")
    assert body["questions"][0]["reachable"] is False
    number = body["questions"][0]["question_id"]
    status, error = await decide(paul, "answer", number, client_id="a", text="yes")
    assert (status, error["error"]["code"]) == (410, "conversation_ended")
    assert (await kept(desk.house))[0].status == "new"


async def test_a_group_is_answered_in_each_chat_once(desk: DeskHouse, paul: Console) -> None:
    one = await not_understood(desk.house, "gold coins please")
    await not_understood(desk.house, "my coins", one)
    two = await not_understood(desk.house, "the coins")
    group = (await grouped(paul))["groups"][0]["group_id"]
    for _ in range(2):  # the second time is a repeat
        status, done = await decide(
            paul, "answer", f"groups/{group}", client_id="g-1", text="No coins."
        )
        assert status == 200
        assert {row["status"] for row in done["questions"]} == {"answered"}
        assert len(done["questions"]) == 3
    for device in (one, two):
        texts = [event["text"] for event in await desk.events(device)]
        assert texts.count("No coins.") == 1


class TestLabels:
    async def test_a_label_makes_a_training_sentence(self, desk: DeskHouse, paul: Console) -> None:
        await not_understood(desk.house, ODD)
        number = (await kept(desk.house))[0].question_id
        status, done = await decide(paul, "label", number, intent="ask_price")
        assert (status, done["questions"][0]["label"]) == (200, "ask_price")
        (row,) = await sentences(desk.house)
        assert (row.text, row.intent, row.locale, row.approved_by) == (
            ODD,
            "ask_price",
            "en",
            "paul",
        )
        assert (row.question_id, row.removed_at) == (number, None)
        _, again = await decide(paul, "label", number, intent="ask_price")
        assert again["review_id"] == done["review_id"]
        assert len(await sentences(desk.house)) == 1

    async def test_a_corrected_wording_is_redacted_again(
        self, desk: DeskHouse, paul: Console
    ) -> None:
        await not_understood(desk.house, ODD)
        number = (await kept(desk.house))[0].question_id
        text = "are the gold coins for Maria Lopez, 216-555-0147, free"
        assert (await decide(paul, "label", number, intent="ask_price", text=text))[0] == 200
        (row,) = await sentences(desk.house)
        assert row.text == "are the gold coins for [name], [phone number], free"

    async def test_what_may_not_be_taught(self, desk: DeskHouse, paul: Console) -> None:
        await not_understood(desk.house, ODD)
        number = (await kept(desk.house))[0].question_id
        for body, status, code in (
            ({"intent": "ask_nothing"}, 400, "unknown_intent"),
            ({"intent": "nlu_fallback"}, 400, "unknown_intent"),
            ({"intent": "ask_price", "text": " "}, 400, "text_empty"),
            ({"intent": "ask_price", "text": "?!"}, 400, "text_empty"),
            ({"intent": "ask_price", "text": "x" * 2001}, 413, "text_too_long"),
            ({"intent": "ask_price", "text": "this is UNACCEPTABLE."}, 409, "already_taught"),
            # Kept back for tests.
            ({"intent": "ask_price", "text": "anote que soy alergica a la sulfa"}, 409,
             "already_taught"),
            ({}, 400, "bad_request"),
        ):  # fmt: skip
            found, error = await decide(paul, "label", number, **body)
            assert (found, error["error"]["code"]) == (status, code), body
        assert (await kept(desk.house))[0].status == "new"
        assert await sentences(desk.house) == []

    async def test_nothing_is_taught_twice(self, desk: DeskHouse, paul: Console) -> None:
        for _ in range(2):
            await not_understood(desk.house, ODD)
        one, two = [row.question_id for row in await kept(desk.house)]
        assert (await decide(paul, "label", one, intent="ask_price"))[0] == 200
        status, error = await decide(paul, "label", two, intent="ask_price")
        assert (status, error["error"]["code"]) == (409, "already_taught")

    async def test_of_a_group_each_wording_once(self, desk: DeskHouse, paul: Console) -> None:
        for text in ("gold coins please", "Gold coins, please!", "my coins"):
            await not_understood(desk.house, text)
        group = (await grouped(paul))["groups"][0]["group_id"]
        status, done = await decide(paul, "label", f"groups/{group}", intent="ask_price")
        assert (status, len(done["questions"])) == (200, 3)
        assert [row.text for row in await sentences(desk.house)] == [
            "gold coins please",
            "my coins",
        ]

    async def test_the_choice_of_intents(self, paul: Console) -> None:
        _, body = await paul.get("intents")
        rows = {row["name"]: row for row in body["intents"]}
        assert rows.keys() == NAMES
        assert rows["ask_clinical"]["clinical"]
        assert not rows["ask_hours"]["clinical"]
        assert all(row["label"] and len(row["examples"]) >= 3 for row in rows.values())


class TestManyReviewers:
    async def test_the_slower_one_is_told_who_was_faster(
        self, desk: DeskHouse, paul: Console
    ) -> None:
        rosa = await desk.enters("rosa", "pharmacist")
        await not_understood(desk.house, ODD)
        number = (await kept(desk.house))[0].question_id
        assert (await decide(paul, "dismiss", number))[0] == 200
        for what, body in (
            ("dismiss", {}),
            ("label", {"intent": "ask_price"}),
            ("answer", {"client_id": "r", "text": "no"}),
        ):
            status, error = await decide(rosa, what, number, **body)
            assert (status, error["error"]["code"]) == (409, "already_reviewed")
            assert error["reviewer"] == error["error"]["reviewer"] == "Paul"
        assert (await decide(paul, "label", number, intent="ask_price"))[0] == 409
        assert (await decide(paul, "dismiss", number))[0] == 200

    async def test_of_many_at_once_one_decides(self, desk: DeskHouse) -> None:
        people = [await desk.enters(f"p{at}", "pharmacist") for at in range(5)]
        await not_understood(desk.house, ODD)
        number = (await kept(desk.house))[0].question_id
        done = await asyncio.gather(
            *(decide(one, "label", number, intent="ask_price") for one in people)
        )
        assert sorted(status for status, _ in done) == [200, 409, 409, 409, 409]
        assert len(await sentences(desk.house)) == 1

    async def test_who_has_answered_may_label_as_well(self, desk: DeskHouse, paul: Console) -> None:
        await not_understood(desk.house, ODD)
        number = (await kept(desk.house))[0].question_id
        _, said = await decide(paul, "answer", number, client_id="a", text="No.")
        status, taught = await decide(paul, "label", number, intent="ask_price")
        assert (status, taught["questions"][0]["status"]) == (200, "labelled")
        await paul.post(f"questions/reviews/{taught['review_id']}/undo")
        row = (await kept(desk.house))[0]
        assert (row.status, row.label, row.reviewed_by) == ("answered", None, "paul")
        await paul.post(f"questions/reviews/{said['review_id']}/undo")
        row = (await kept(desk.house))[0]
        assert (row.status, row.reviewed_by, row.reviewed_at) == ("new", None, None)


async def test_taking_it_back(desk: DeskHouse, paul: Console) -> None:
    rosa = await desk.enters("rosa", "pharmacist")
    for text in ("gold coins please", "my coins"):
        await not_understood(desk.house, text)
    group = (await grouped(paul))["groups"][0]["group_id"]
    _, done = await decide(paul, "label", f"groups/{group}", intent="ask_price")
    path = f"questions/reviews/{done['review_id']}/undo"
    status, error = await rosa.post(path)
    assert (status, error["error"]["code"]) == (403, "forbidden")
    for _ in range(2):
        status, undone = await paul.post(path)
        assert status == 200
        assert [row["status"] for row in undone["questions"]] == ["new", "new"]
    assert all(row.removed_at is not None for row in await sentences(desk.house))
    assert (await decide(rosa, "label", f"groups/{group}", intent="ask_hours"))[0] == 200
    assert len([row for row in await sentences(desk.house) if row.removed_at is None]) == 2


async def test_open_pages_hear_of_it_and_the_audit_too(desk: DeskHouse, paul: Console) -> None:
    async with paul.stream() as stream:
        await stream.next("hello")
        await not_understood(desk.house, f"{ODD} canary")
        await grouped(paul)
        await stream.next("questions")
        number = (await kept(desk.house))[0].question_id
        _, done = await decide(paul, "dismiss", number)
        await stream.next("questions")
        await paul.post(f"questions/reviews/{done['review_id']}/undo")
        await decide(paul, "label", number, intent="ask_price")
        await decide(paul, "answer", number, client_id="a", text="canary")
        assert "canary" not in str(stream.seen)
    async with desk.house.app.database.read() as session:
        rows = list(await session.scalars(select(AuditEntry).order_by(AuditEntry.entry_id)))
    told = [row.action for row in rows if row.action.startswith("question_")]
    assert told == [
        "question_dismissed", "question_undone", "question_labelled", "question_answered",
    ]  # fmt: skip
    assert all("canary" not in str(row.detail) for row in rows)
