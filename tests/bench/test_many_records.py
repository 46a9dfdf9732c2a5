"""Invented records and conversations are such as the product itself writes and reads."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from bench.many_records import EACH, born, last_name, patient_id, rx_number, spread, write_records
from bench.measures.records import LIMITS, RULES
from bench.people import chats
from bot.pharmacy.identity_policy import Claim
from bot.services.access import asker, visible_prescriptions
from bot.services.admission import Standing, authenticate
from bot.services.identity import Verified, check
from bot.storage.database import Database
from bot.storage.records import Fill, Prescription

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
async def filled(empty_database_url: str) -> "Database":
    database = Database(empty_database_url)
    await write_records(database, 40, NOW)
    return database


async def test_a_patient_sees_four_prescriptions_of_different_names(filled: Database) -> None:
    made = await chats(filled, 10, NOW, [patient_id(number) for number in range(10)])
    async with filled.read() as session:
        for number, chat in enumerate(made):
            who = await asker(session, chat.conversation_id, NOW)
            assert who is not None
            assert [grant.patient_id for grant in who.grants] == [patient_id(number)]
            views = await visible_prescriptions(session, who.grants)
            assert len({view.product.generic_name for view in views}) == EACH
            assert sorted(view.fill.state for view in views if view.fill) == sorted(
                ["ready", "in_progress", "picked_up", "picked_up"]
            )
    await filled.close()


async def test_as_many_are_written_as_asked_for(filled: Database) -> None:
    async with filled.read() as session:
        for table in (Prescription, Fill):
            key = Prescription.rx_number if table is Prescription else Fill.rx_number
            counted = await session.scalar(
                select(func.count()).select_from(table).where(key.like("9000%"))
            )
            assert counted == 40
    await filled.close()


async def test_a_patient_can_be_verified(filled: Database) -> None:
    chat = (await chats(filled, 1, NOW))[0]
    claim = Claim.of(last_name(7), born(7), rx_number(7, 0), None)
    found = await check(filled, chat.conversation_id, claim, RULES, LIMITS, NOW)
    assert isinstance(found, Verified)
    await filled.close()


async def test_a_device_is_let_into_its_chat(filled: Database) -> None:
    chat, other = await chats(filled, 2, NOW)
    assert isinstance(await authenticate(filled, chat.conversation_id, chat.secret), Standing)
    assert await authenticate(filled, chat.conversation_id, other.secret) is None
    await filled.close()


def test_patients_are_asked_once_each() -> None:
    assert len(set(spread(250_000, 250))) == 250
    assert sorted(spread(250, 250)) == list(range(250))
    assert spread(250_000, 250, seed=1) != spread(250_000, 250, seed=2)
