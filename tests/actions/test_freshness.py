"""Answers from records that were updated long ago say so, in one place for all actions."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from bot import directives as d
from bot.bootstrap import build
from bot.feed import json_lines
from bot.services.records import import_records
from bot.settings import Settings
from bot.storage.conversations import Conversation, Turn
from bot.storage.database import Database
from bot.storage.records import FeedImport
from tests.actions.counter import NOW, RECORDS, Counter
from tests.stack import current_application

FROM_RECORDS = {
    "ask_status", "ask_refills_left", "ask_directions", "ask_price", "ask_insurance",
    "ask_availability",
}  # fmt: skip
LONG = timedelta(minutes=1440)
SINCE = d.Say(
    response="stale.since",
    values={"updated_at": NOW.isoformat()},
    timezone="America/New_York",
)


def notes(spoken: list[d.Directive]) -> list[d.Directive]:
    return [
        item for item in spoken if isinstance(item, d.Say) and item.response.startswith("stale.")
    ]


def buttons(spoken: list[d.Directive]) -> list[list[str]]:
    return [
        [option.intent for option in item.options] for item in spoken if isinstance(item, d.Choices)
    ]


@pytest.mark.parametrize("intent", sorted(FROM_RECORDS))
async def test_a_fresh_answer_says_nothing_of_it(counter: Counter, intent: str) -> None:
    counter.clock.now = NOW + LONG
    assert notes(await counter.ask(intent)) == []


@pytest.mark.parametrize("intent", sorted(FROM_RECORDS))
async def test_an_old_answer_says_so_and_offers_a_person(counter: Counter, intent: str) -> None:
    fresh = await counter.ask(intent)
    counter.clock.now = NOW + LONG + timedelta(seconds=1)
    spoken = await counter.ask(intent)
    assert notes(spoken) == [SINCE]
    told = [item for item in spoken if isinstance(item, (d.Say, d.StatusCard))]
    assert told[-1] == SINCE
    handed_over = any(isinstance(item, d.Handoff) and item.transfers for item in spoken)
    assert handed_over or "request_human" in buttons(spoken)[-1]
    assert len(buttons(spoken)) <= max(1, len(buttons(fresh)))


async def test_it_comes_after_the_facts_and_before_the_buttons(counter: Counter) -> None:
    counter.clock.now = NOW + timedelta(days=2)
    spoken = await counter.ask("ask_status")
    assert [item.type for item in spoken[:3]] == ["status_card", "say", "choices"]


async def test_records_that_were_never_imported(counter: Counter) -> None:
    async with counter.app.database.write() as session:
        await session.execute(delete(FeedImport))
    assert notes(await counter.ask("ask_refills_left")) == [d.Say(response="stale.never")]


async def test_an_import_without_records_does_not_make_them_fresh(counter: Counter) -> None:
    counter.clock.now = NOW + timedelta(days=2)
    await import_records(counter.app.database, json_lines.read([]), counter.clock.now)
    assert notes(await counter.ask("ask_status")) == [SINCE]
    line = json.dumps(RECORDS[-1])
    await import_records(counter.app.database, json_lines.read([line]), counter.clock.now)
    assert notes(await counter.ask("ask_status")) == []


async def test_zero_means_never(database: Database, tmp_path: Any, counter: Counter) -> None:
    settings = Settings(data_dir=tmp_path, stale_after_minutes=0)
    counter.clock.now = NOW + timedelta(days=2)
    with current_application(build(settings, counter.clock, database)):
        assert notes(await counter.ask("ask_status")) == []


async def test_the_setting_counts_minutes(
    database: Database, tmp_path: Any, counter: Counter
) -> None:
    settings = Settings(data_dir=tmp_path, stale_after_minutes=5)
    counter.clock.now = NOW + timedelta(minutes=6)
    with current_application(build(settings, counter.clock, database)):
        assert notes(await counter.ask("ask_status")) == [SINCE]


@pytest.mark.parametrize("intent", sorted(FROM_RECORDS - {"ask_availability"}))
async def test_asking_who_it_is_is_no_answer(counter: Counter, intent: str) -> None:
    counter.clock.now = NOW + timedelta(days=2)
    await counter.forget()
    assert notes(await counter.ask(intent)) == []


async def test_a_choice_among_several_is_no_answer(counter: Counter) -> None:
    counter.clock.now = NOW + timedelta(days=2)
    spoken = await counter.ask("ask_refills_left", "how many refills are left")
    assert [len(intents) for intents in buttons(spoken)] == [2]
    assert notes(spoken) == []


async def test_an_answer_after_identity_or_a_choice_says_it_too(counter: Counter) -> None:
    counter.clock.now = NOW + timedelta(days=2)
    asked = d.Memory(question=d.Ask(intent="ask_status", text="lisinopril"))
    async with counter.app.database.write() as session:
        row = await session.get_one(Conversation, counter.conversation_id)
        row.memory = asked.model_dump(mode="json")
        session.add(
            Turn(
                conversation_id=counter.conversation_id, seq=1, input="/inform", state="pending",
                attempts=1, asked_at=NOW,
            )
        )  # fmt: skip
    assert notes(await counter.ask("inform", "/inform")) == [SINCE]


async def test_other_answers_are_not_from_the_feed(counter: Counter) -> None:
    counter.clock.now = NOW + timedelta(days=2)
    for intent in ("ask_hours", "greet", "request_human"):
        assert notes(await counter.ask(intent)) == []
