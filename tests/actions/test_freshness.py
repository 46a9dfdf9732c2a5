"""Answers from records that were updated long ago say so, in one place for all actions."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import delete

from bot import directives as d
from bot.actions.registry import action_for
from bot.actions.server import build_action_server
from bot.bootstrap import Application, build
from bot.feed import json_lines
from bot.services.admission import open_conversation
from bot.services.records import import_records
from bot.settings import Settings
from bot.storage.conversations import Conversation, Turn, Verification
from bot.storage.database import Database
from bot.storage.records import FeedImport
from tests.stack import Clock, current_application, free_port, serving

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
RECORDS: list[dict[str, Any]] = [
    {"type": "store", "store_id": "s", "name": "Main Street", "phone": "216-555-0100",
     "address": "12 Main", "timezone": "America/New_York", "hours": {"mon": [["09:00", "19:00"]]}},
    {"type": "product", "product_id": "n", "generic_name": "lisinopril", "strength": "10 mg",
     "form": "tablet"},
    {"type": "product", "product_id": "m", "generic_name": "metformin", "strength": "500 mg",
     "form": "tablet"},
    {"type": "patient", "patient_id": "p", "first_name": "James", "last_name": "Carter",
     "date_of_birth": "1961-03-04"},
    *({"type": "prescription", "rx_number": rx, "store_id": "s", "patient_id": "p",
       "product_id": product, "directions": "Take 1 tablet.", "quantity": 30,
       "refills_remaining": 1, "written_on": "2026-10-01", "prescriber_name": "Dr. P"}
      for rx, product in (("1", "n"), ("2", "m"))),
    {"type": "fill", "fill_id": "f", "rx_number": "1", "state": "ready", "copay_cents": 500,
     "updated_at": "2026-11-22T10:00:00-05:00"},
    {"type": "stock", "store_id": "s", "product_id": "n", "on_hand": 9},
]  # fmt: skip
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


class Counter:
    """Answers as the action server does, for one verified patient."""

    def __init__(
        self,
        app: Application,
        clock: Clock,
        conversation_id: str,
        session: aiohttp.ClientSession,
        address: str,
    ) -> None:
        self.app = app
        self.clock = clock
        self.conversation_id = conversation_id
        self._session = session
        self._address = address

    async def ask(self, intent: str, text: str = "lisinopril") -> list[d.Directive]:
        message = {"text": text, "intent": {"name": intent, "confidence": 1.0}}
        call = {
            "next_action": action_for(intent).name(),
            "sender_id": self.conversation_id,
            "tracker": {
                "sender_id": self.conversation_id, "latest_message": message, "slots": {},
            },
            "domain": {},
        }  # fmt: skip
        async with self._session.post(f"{self._address}/webhook", json=call) as response:
            assert response.status == 200
            answer = await response.json()
        return [d.parse(item["custom"]) for item in answer["responses"]]

    async def forget(self) -> None:
        """As if nobody had said who they are."""
        async with self.app.database.write() as session:
            await session.execute(delete(Verification))


@pytest.fixture
async def counter(database: Database, tmp_path: Any) -> Any:
    clock = Clock(NOW)
    app = build(Settings(data_dir=tmp_path), clock, database)
    await import_records(database, json_lines.read(map(json.dumps, RECORDS)), NOW)
    opened = await open_conversation(database, "en", NOW)
    async with database.write() as session:
        session.add(
            Verification(
                conversation_id=opened.conversation_id, patient_id="p", verified_at=NOW,
                expires_at=NOW + timedelta(days=60),
            )
        )  # fmt: skip
    with current_application(app):
        async with (
            serving(build_action_server(), free_port()) as address,
            aiohttp.ClientSession() as http,
        ):
            yield Counter(app, clock, opened.conversation_id, http, address)


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
