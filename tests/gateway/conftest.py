"""A gateway on a real database with a scripted language engine, and devices that talk to it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from aiohttp import web
from sqlalchemy import select

from bot.bootstrap import Application, build
from bot.gateway.app import build_gateway
from bot.settings import Settings
from bot.storage.conversations import Escalation
from bot.storage.database import Database
from tests.gateway.engine import Engine
from tests.stack import Clock, Device, free_port, serving

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


@dataclass
class House:
    """A running gateway and what stands around it."""

    address: str
    app: Application
    engine: Engine
    clock: Clock
    session: aiohttp.ClientSession
    web_app: web.Application

    def device(self) -> Device:
        return Device(self.session, self.address)

    async def opened(self, locale: str = "en") -> Device:
        device = self.device()
        await device.open(locale)
        return device

    async def escalations(self, device: Device) -> list[Escalation]:
        async with self.app.database.read() as session:
            rows = await session.scalars(
                select(Escalation)
                .where(Escalation.conversation_id == device.conversation_id)
                .order_by(Escalation.escalation_id)
            )
            return list(rows)

    async def post(
        self, device: Device, path: str, body: Any = None, **more: Any
    ) -> tuple[int, dict[str, Any]]:
        async with self.session.post(
            f"{self.address}/api/v1/conversations/{device.conversation_id}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {device.secret}"},
            **more,
        ) as response:
            return response.status, await response.json()

    async def get(self, device: Device, path: str) -> tuple[int, dict[str, Any]]:
        async with self.session.get(
            f"{self.address}/api/v1/conversations/{device.conversation_id}/{path}",
            headers={"Authorization": f"Bearer {device.secret}"},
        ) as response:
            return response.status, await response.json()


Opening = Callable[..., Any]


@pytest_asyncio.fixture
async def open_house(database_url: str, tmp_path: Path) -> AsyncIterator[Opening]:
    """Opens a gateway with the given settings; everything is closed after the test."""
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as exits:

        async def opening(
            engine: Engine | None = None, more_rasas: str = "", **settings: Any
        ) -> House:
            engine = engine or Engine()
            rasa_url = await exits.enter_async_context(serving(engine.application(), free_port()))
            rasa_url = f"{rasa_url},{more_rasas}"
            clock = Clock(NOW)
            chosen = {
                "identity_seconds": 0.0,
                "rasa_timeout_seconds": 1.0,
                "data_dir": tmp_path / "data",
                **settings,
            }
            app = build(Settings(rasa_url=rasa_url, **chosen), clock, Database(database_url))
            web_app = build_gateway(app)
            address = await exits.enter_async_context(serving(web_app, free_port()))
            session = await exits.enter_async_context(aiohttp.ClientSession())
            return House(address, app, engine, clock, session, web_app)

        yield opening


@pytest_asyncio.fixture
async def house(open_house: Opening) -> House:
    """A gateway with the usual settings."""
    opened: House = await open_house()
    return opened
