"""Placing refills, taking them back and notices when ready, on SQLite and on PostgreSQL."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.feed import json_lines
from bot.pharmacy import refill_rules as rules
from bot.services import refills
from bot.services.admission import open_conversation
from bot.services.records import import_records
from bot.storage.conversations import ReadyNotice, Verification
from bot.storage.database import Database
from bot.storage.records import Prescription, RefillRequest
from tests.feed import examples

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
RX = "7001001"
PRODUCT = examples.PRODUCT | {"dea_schedule": None}
PRESCRIPTION = examples.PRESCRIPTION | {
    "rx_number": RX, "refills_remaining": 2, "written_on": "2026-06-01",
    "expires_on": "2027-06-01", "status": "active", "sensitive": False,
}  # fmt: skip
FILL = examples.FILL | {
    "rx_number": RX, "state": "picked_up", "reason": None, "earliest_refill_on": None,
    "requested_at": "2026-10-20T10:00:00-04:00",
}  # fmt: skip


async def records(database: Database, *changed: examples.FeedRecord) -> None:
    """The pharmacy's records, with later ones in place of the usual."""
    base = [examples.STORE, examples.PATIENT, PRODUCT, PRESCRIPTION, FILL]
    for batch in (base, changed):
        lines = (json.dumps(record) for record in batch)
        await import_records(database, json_lines.read(lines), NOW)


async def patient(database: Database, *, proxy: str = "", verified: bool = True) -> str:
    """A conversation that has proved who it is."""
    opened = await open_conversation(database, "en", NOW)
    if verified:
        async with database.write() as session:
            session.add(
                Verification(
                    conversation_id=opened.conversation_id,
                    patient_id=str(examples.PATIENT["patient_id"]),
                    proxy_id=proxy, verified_at=NOW, expires_at=NOW + timedelta(minutes=15),
                )
            )  # fmt: skip
    return opened.conversation_id


async def prescription_id(database: Database) -> int:
    async with database.read() as session:
        found = await session.scalar(select(Prescription.id).where(Prescription.rx_number == RX))
    assert found is not None
    return found


async def rows(database: Database) -> list[tuple[str, str]]:
    async with database.read() as session:
        found = await session.scalars(
            select(RefillRequest).order_by(RefillRequest.refill_request_id)
        )
        return [(row.kind, row.status) for row in found]


async def decide(database: Database, status: str) -> None:
    """The pharmacy's answer."""
    async with database.write() as session:
        for row in await session.scalars(select(RefillRequest)):
            row.status = status


async def place(
    database: Database, chat: str, kind: rules.Kind = "refill", now: datetime = NOW
) -> Any:
    return await refills.request(database, chat, await prescription_id(database), kind, now)


async def test_a_refill_is_placed_once(database: Database) -> None:
    await records(database)
    chat = await patient(database)
    first, second = await place(database, chat), await place(database, chat)
    assert isinstance(first, refills.Placed)
    assert (first.kind, first.placed_at, first.view.prescription.rx_number) == ("refill", NOW, RX)
    assert isinstance(second, refills.AlreadyPlaced)
    assert second.asked == rules.AlreadyRequested("refill", "placed", NOW)
    assert await rows(database) == [("refill", "placed")]
    async with database.read() as session:
        row = (await session.scalars(select(RefillRequest))).one()
    assert (row.rx_number, row.conversation_id) == (RX, chat)
    assert (row.reason, row.decided_at, row.told_at) == (None, None, None)


async def test_many_taps_at_once_from_several_devices_place_one(database: Database) -> None:
    await records(database)
    chats = [await patient(database) for _ in range(3)]
    done = await asyncio.gather(*(place(database, chat) for chat in chats * 3))
    assert sorted(type(each).__name__ for each in done) == ["AlreadyPlaced"] * 8 + ["Placed"]
    assert await rows(database) == [("refill", "placed")]


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        (PRESCRIPTION | {"status": "on_hold"}, rules.OnHold()),
        (
            PRESCRIPTION | {"status": "transferred", "transferred_to": "Oak"},
            rules.Transferred("Oak"),
        ),
        (PRESCRIPTION | {"status": "cancelled"}, rules.Cancelled()),
        (PRESCRIPTION | {"refills_remaining": 0}, rules.NeedsRenewal("no_refills")),
        (PRESCRIPTION | {"expires_on": "2026-11-22"}, rules.NeedsRenewal("expired")),
        (examples.PRODUCT | {"dea_schedule": "IV"}, rules.Controlled()),
        (FILL | {"state": "filling"}, rules.InProgress("filling")),
        (FILL | {"state": "robot_queue"}, rules.NotClear()),
        (
            FILL | {"earliest_refill_on": "2026-11-24"},
            rules.TooEarly(datetime(2026, 11, 24, tzinfo=UTC).date()),
        ),
    ],
)
async def test_the_records_decide_at_the_moment_of_placing(
    database: Database, changed: examples.FeedRecord, outcome: rules.Outcome
) -> None:
    """The patient was asked before; whatever the feed has brought since then counts."""
    await records(database, changed)
    done = await place(database, await patient(database))
    assert isinstance(done, refills.NotPlaced)
    assert done.outcome == outcome
    assert await rows(database) == []


async def test_a_day_ends_at_the_store(database: Database) -> None:
    await records(database, FILL | {"earliest_refill_on": "2026-11-24"})
    chat = await patient(database)
    evening = datetime(2026, 11, 24, 4, 59, tzinfo=UTC)  # 11:59 PM on the 23rd in New York
    async with database.write() as session:
        for row in await session.scalars(select(Verification)):
            row.expires_at = evening + timedelta(days=1)
    assert isinstance(await place(database, chat, now=evening), refills.NotPlaced)
    midnight = evening + timedelta(minutes=1)
    assert isinstance(await place(database, chat, now=midnight), refills.Placed)


async def test_a_renewal_is_placed_once_and_only_where_one_is_needed(database: Database) -> None:
    await records(database)
    chat = await patient(database)
    refused = await place(database, chat, "renewal")
    assert isinstance(refused, refills.NotPlaced)
    assert refused.outcome == rules.MayRefill()
    await records(database, PRESCRIPTION | {"refills_remaining": 0})
    assert isinstance(await place(database, chat, "renewal"), refills.Placed)
    assert isinstance(await place(database, chat, "renewal"), refills.AlreadyPlaced)
    assert await rows(database) == [("renewal", "placed")]


async def test_a_renewal_that_was_sent_already_is_not_placed(database: Database) -> None:
    sent: examples.FeedRecord = {
        "type": "prescriber_request", "request_id": "Q1", "rx_number": RX, "kind": "renewal",
        "status": "sent", "sent_at": "2026-11-20T10:00:00-05:00", "follow_up_at": None,
    }  # fmt: skip
    await records(database, PRESCRIPTION | {"refills_remaining": 0}, sent)
    done = await place(database, await patient(database), "renewal")
    assert isinstance(done, refills.NotPlaced)
    assert isinstance(done.outcome, rules.RenewalSent)


async def test_only_who_may_see_it_may_ask_for_it(database: Database) -> None:
    await records(database)
    stranger = await patient(database, verified=False)
    assert isinstance(await place(database, stranger), refills.NotVisible)
    chat = await patient(database)
    late = NOW + timedelta(minutes=15)
    assert isinstance(await place(database, chat, now=late), refills.NotVisible)
    assert isinstance(await refills.request(database, chat, 404, "refill", NOW), refills.NotVisible)
    assert await rows(database) == []


async def test_a_caregiver_may_ask_but_not_for_what_is_sensitive(database: Database) -> None:
    await records(database, examples.PROXY | {"expires_on": "2026-12-31"})
    chat = await patient(database, proxy=str(examples.PROXY["proxy_id"]))
    assert isinstance(await place(database, chat), refills.Placed)
    await records(database, PRESCRIPTION | {"sensitive": True})
    key = await prescription_id(database)
    assert isinstance(await place(database, chat), refills.NotVisible)
    assert isinstance(await refills.cancel_request(database, chat, key, NOW), refills.NotVisible)
    assert isinstance(await refills.notify_when_ready(database, chat, key, NOW), refills.NotVisible)
    await records(database, examples.PROXY | {"expires_on": "2026-11-22"})
    assert isinstance(await place(database, chat), refills.NotVisible)


class TestTakingBack:
    async def test_while_the_pharmacy_has_not_answered(self, database: Database) -> None:
        await records(database)
        chat = await patient(database)
        key = await prescription_id(database)
        await place(database, chat)
        first = await refills.cancel_request(database, chat, key, NOW)
        second = await refills.cancel_request(database, chat, key, NOW)
        assert isinstance(first, refills.Withdrawn)
        assert isinstance(second, refills.Withdrawn)
        assert (first.kind, first.repeated, second.repeated) == ("refill", False, True)
        assert await rows(database) == [("refill", "cancelled")]
        assert isinstance(await place(database, chat), refills.Placed)
        assert await rows(database) == [("refill", "cancelled"), ("refill", "placed")]

    async def test_not_what_the_pharmacy_works_on(self, database: Database) -> None:
        await records(database)
        chat = await patient(database)
        key = await prescription_id(database)
        await place(database, chat)
        await decide(database, "accepted")
        done = await refills.cancel_request(database, chat, key, NOW)
        assert isinstance(done, refills.TakenUp)
        await decide(database, "placed")
        await records(database, FILL | {"state": "filling"})
        done = await refills.cancel_request(database, chat, key, NOW)
        assert isinstance(done, refills.TakenUp)
        assert await rows(database) == [("refill", "placed")]

    @pytest.mark.parametrize("status", [None, "rejected"])
    async def test_nothing_to_take_back(self, database: Database, status: str | None) -> None:
        await records(database)
        chat = await patient(database)
        if status:
            await place(database, chat)
            await decide(database, status)
        key = await prescription_id(database)
        done = await refills.cancel_request(database, chat, key, NOW)
        assert isinstance(done, refills.NothingAsked)


class TestNotices:
    async def test_one_row_however_often_it_is_asked_for(self, database: Database) -> None:
        await records(database, FILL | {"state": "filling"})
        chat = await patient(database)
        key = await prescription_id(database)
        calls = [refills.notify_when_ready(database, chat, key, NOW) for _ in range(4)]
        done = await asyncio.gather(*calls)
        assert all(isinstance(each, refills.NoticeSet) for each in done)
        assert [each.repeated for each in done if isinstance(each, refills.NoticeSet)].count(
            False
        ) == 1
        async with database.read() as session:
            notice = (await session.scalars(select(ReadyNotice))).one()
        assert (notice.conversation_id, notice.rx_number) == (chat, RX)
        assert (notice.asked_at, notice.told_at) == (NOW, None)

    async def test_a_notice_that_was_told_can_be_asked_for_again(self, database: Database) -> None:
        await records(database, FILL | {"state": "filling"})
        chat = await patient(database)
        key = await prescription_id(database)
        await refills.notify_when_ready(database, chat, key, NOW)
        async with database.write() as session:
            (await session.scalars(select(ReadyNotice))).one().told_at = NOW
        again = await refills.notify_when_ready(database, chat, key, NOW)
        assert isinstance(again, refills.NoticeSet)
        assert not again.repeated
        async with database.read() as session:
            assert (await session.scalars(select(ReadyNotice))).one().told_at is None

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            ("out_of_stock", refills.NoticeSet),
            ("pa_pending", refills.NoticeSet),
            ("ready", refills.ReadyNow),
            ("partial_ready", refills.ReadyNow),
            ("out_for_delivery", refills.ReadyNow),
            ("picked_up", refills.NothingComing),
            ("returned_to_stock", refills.NothingComing),
            ("too_soon", refills.NothingComing),
            ("pa_denied", refills.NothingComing),
        ],
    )
    async def test_only_for_what_will_be_ready(
        self, database: Database, state: str, expected: type
    ) -> None:
        await records(database, FILL | {"state": state})
        chat = await patient(database)
        done = await refills.notify_when_ready(database, chat, await prescription_id(database), NOW)
        assert isinstance(done, expected)

    async def test_also_for_a_refill_that_was_just_placed(self, database: Database) -> None:
        await records(database)
        chat = await patient(database)
        await place(database, chat)
        done = await refills.notify_when_ready(database, chat, await prescription_id(database), NOW)
        assert isinstance(done, refills.NoticeSet)
