"""How long a turn is one gateway's: as long as it works on it, and hardly longer when it dies."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import select, update

from bot.gateway import turns
from bot.storage.conversations import Turn
from tests.gateway.conftest import NOW, House, Opening
from tests.gateway.engine import Engine
from tests.stack import Device


async def claimed_until(house: House, device: Device) -> datetime | None:
    async with house.app.database.read() as session:
        return await session.scalar(
            select(Turn.claimed_until).where(Turn.conversation_id == device.conversation_id)
        )


async def test_a_turn_stays_claimed_while_rasa_thinks(open_house: Opening) -> None:
    engine = Engine()
    engine.gate = asyncio.Event()
    house = await open_house(engine, rasa_timeout_seconds=60)
    device = await house.opened()
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    async with asyncio.timeout(30):
        while not engine.heard:
            await asyncio.sleep(0.01)
    house.clock.now = NOW + timedelta(minutes=1)
    async with asyncio.timeout(30):
        while await claimed_until(house, device) != house.clock.now + turns.LEASE:
            await asyncio.sleep(0.05)
    engine.gate.set()
    assert [event["seq"] for event in await device.turn_events()] == [2]
    assert engine.heard == ["hello"]


async def test_a_turn_of_a_gateway_that_died_is_taken_up_when_its_claim_has_run_out(
    house: House,
) -> None:
    device = await house.opened()
    house.engine.gate = asyncio.Event()
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    async with asyncio.timeout(30):
        while not house.engine.heard:
            await asyncio.sleep(0.01)
    assert await claimed_until(house, device) == NOW + turns.LEASE
    house.engine.gate.set()
    await device.turn_events()
    # As if it had never been answered, by a gateway that is gone.
    async with house.app.database.write() as session:
        await session.execute(
            update(Turn).values(state="pending", answered_at=None, claimed_until=NOW + turns.LEASE)
        )
    house.clock.now = NOW + turns.LEASE
    assert [event["seq"] for event in await device.turn_events()] == [3]
    assert house.engine.heard == ["hello", "hello"]
