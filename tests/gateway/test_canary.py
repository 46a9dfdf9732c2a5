"""Planted identifiers, followed through everything that learns: rows, sentences, logs, Rasa."""

import json
import logging
from typing import Any

import pytest
from sqlalchemy import select

from bot.feed import json_lines
from bot.services.records import import_records
from bot.storage.staff import AuditEntry
from bot.storage.teaching import Question, Review, TrainingSentence
from tests.feed import examples
from tests.gateway.canaries import CANARIES, MESSAGES, PATIENT, SPOKEN
from tests.gateway.conftest import House
from tests.gateway.reviewing import grouped, kept, not_understood
from tests.staff import at_the_desk


async def everything_learned(house: House) -> str:
    """All that reviewers and models are given, as one text."""
    found: list[Any] = []
    async with house.app.database.read() as session:
        for table in (Question, TrainingSentence, Review, AuditEntry):
            for row in await session.scalars(select(table)):
                found.append({key: str(value) for key, value in vars(row).items() if key[0] != "_"})
    return json.dumps(found, ensure_ascii=False)


async def test_no_identifier_gets_to_what_is_learned(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "bot")
    house.engine.meanings = {"coins": 0}
    rows = [json.dumps(row) for row in (examples.STORE, PATIENT)]
    await import_records(house.app.database, json_lines.read(rows), house.app.now())
    async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as paul:
        for message in MESSAGES:
            device = await not_understood(house, message)
            events = (await house.get(device, "events"))[1]["events"]
            body = {"seq": events[-1]["seq"], "helpful": False}
            async with house.session.post(
                f"{house.address}/api/v1/conversations/{device.conversation_id}/feedback",
                json=body,
                headers={"Authorization": f"Bearer {device.secret}"},
            ) as response:
                assert response.status == 204
        group = (await grouped(paul))["groups"][0]["group_id"]
        assert (await paul.post(f"questions/groups/{group}/label", {"intent": "ask_price"}))[
            0
        ] == 200
        await not_understood(house, "coins")
        number = (await kept(house))[-1].question_id
        taught = {"intent": "ask_hours", "text": f"when may {CANARIES[0]} come, {CANARIES[3]}"}
        assert (await paul.post(f"questions/{number}/label", taught))[0] == 200
        _, listing = await paul.get("questions", status="labelled")

    learned = await everything_learned(house) + json.dumps(listing, ensure_ascii=False)
    assert learned.count("coins") >= len(MESSAGES)
    told = [canary for canary in CANARIES if canary.casefold() in learned.casefold()]
    assert told == []
    logged = caplog.text.casefold()
    assert [canary for canary in CANARIES if canary.casefold() in logged] == []
    heard = " ".join([*house.engine.heard, *house.engine.asked_vectors]).casefold()
    # Names are part of what a patient says, and Rasa forgets it; details never get there.
    assert [canary for canary in CANARIES if canary not in SPOKEN and canary in heard] == []
    vectors = " ".join(house.engine.asked_vectors).casefold()
    assert [canary for canary in CANARIES if canary.casefold() in vectors] == []
