"""A model is switched on at two Rasas, of which one may be away, refuse it, or be slow."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot.gateway import model_swap
from tests.gateway.conftest import House, Opening
from tests.gateway.engine import Engine
from tests.gateway.test_staff_models import taught
from tests.stack import free_port, serving
from tests.staff import Console, at_the_desk
from tests.teaching import house as teaching


@dataclass
class Pair:
    """A gateway with two engines."""

    house: House
    paul: Console
    engines: tuple[Engine, Engine]

    async def served(self, file: str) -> None:
        """Wait until both serve a model."""
        async with asyncio.timeout(20):
            while {engine.model for engine in self.engines} != {file}:
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def pair(open_house: Opening, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    teaching.script(monkeypatch)
    monkeypatch.setattr(model_swap, "SWEEP_SECONDS", 0.1)
    second = Engine()
    async with serving(second.application(), free_port()) as url:
        house: House = await open_house(more_rasas=url)
        file = teaching.install(house.app.settings.data_dir)
        house.engine.model = second.model = file.name
        async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as paul:
            yield Pair(house, paul, (house.engine, second))


async def test_every_engine_gets_the_model(pair: Pair) -> None:
    card = await taught(pair.paul)
    assert (await pair.paul.post(f"models/{card['model_id']}/activate"))[0] == 200
    taught_file = pair.engines[0].model
    assert [engine.models for engine in pair.engines] == [[taught_file], [taught_file]]


async def test_an_engine_that_is_away_gets_it_when_it_is_back(pair: Pair) -> None:
    card = await taught(pair.paul)
    first, second = pair.engines
    second.away = True
    assert (await pair.paul.post(f"models/{card['model_id']}/activate"))[0] == 200
    assert first.model.startswith("taught-")
    second.away = False
    await pair.served(first.model)
    # It was given that while nobody had to wait: the other one answered.
    assert second.models == [first.model]


async def test_one_engine_that_refuses_takes_it_back_from_the_others(pair: Pair) -> None:
    card = await taught(pair.paul)
    before = pair.engines[0].model
    pair.engines[1].load_status = 400
    status, body = await pair.paul.post(f"models/{card['model_id']}/activate")
    assert (status, body["error"]["code"]) == (503, "engine_unavailable")
    pair.engines[1].load_status = 204
    await pair.served(before)


async def test_messages_are_answered_while_one_of_two_gets_its_model(pair: Pair) -> None:
    card = await taught(pair.paul)
    assert (await pair.paul.post(f"models/{card['model_id']}/activate"))[0] == 200
    second = pair.engines[1]
    second.load_delay = 3.0
    second.model = "of yesterday.tar.gz"
    device = await pair.house.opened()
    async with asyncio.timeout(20):
        while not second.loading:
            await asyncio.sleep(0.02)
    await device.say("hello")
    assert second.loading, "the answer has not waited for it"
    assert second.heard == []
