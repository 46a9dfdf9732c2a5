"""The demonstration pharmacy on the real stack, at an address that can go away and come back."""

import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from sqlalchemy import select

from bot.actions.server import build_action_server
from bot.bootstrap import Application, build
from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.gateway.app import build_gateway
from bot.services.records import import_records
from bot.settings import Settings
from bot.storage.conversations import Escalation, Event
from bot.storage.database import Database
from bot.storage.records import Fill, Prescription, Store
from tests.stack import Clock, RasaProcess, current_application, free_port, serving

# A Tuesday, 11:20 AM where the stores are; the demonstration's times are relative to it.
NOW = datetime(2026, 11, 24, 16, 20, tzinfo=UTC)


class DemoPharmacy:
    """Gateway and actions around one database and one Rasa; the clock stands until it is moved."""

    def __init__(self, database_url: str, rasa: RasaProcess) -> None:
        self.clock = Clock(NOW)
        self._database_url = database_url
        self._rasa = rasa
        self._port = free_port()
        self._serving = AsyncExitStack()
        self.app = self._build()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    async def seed(self) -> None:
        """Import the demonstration's records; before the first start."""
        lines = (json.dumps(record) for record in demo_records(NOW))
        await import_records(self.app.database, json_lines.read(lines), NOW)
        await self.app.database.close()

    async def start(self) -> None:
        """Serve, as after a new start: nothing is left but what the database has."""
        self.app = self._build()
        self._serving.enter_context(current_application(self.app))
        for web_app, port in (
            (build_action_server(), self._rasa.actions_port),
            (build_gateway(self.app), self._port),
        ):
            await self._serving.enter_async_context(serving(web_app, port))

    async def stop(self) -> None:
        await self._serving.aclose()
        await self.app.database.close()

    async def prescription(self, rx_number: str) -> tuple[Fill, Store]:
        """The latest fill of a prescription and its store, as recorded."""
        async with self.app.database.read() as session:
            prescription = await session.scalar(
                select(Prescription).where(Prescription.rx_number == rx_number)
            )
            assert prescription is not None
            fill = await session.scalar(
                select(Fill)
                .where(Fill.rx_number == rx_number)
                .order_by(Fill.requested_at.desc())
                .limit(1)
            )
            store = await session.get(Store, prescription.store_id)
            assert fill is not None
            assert store is not None
            return fill, store

    async def events(self) -> Sequence[Event]:
        """The log of the test's only conversation."""
        async with self.app.database.read() as session:
            return (await session.scalars(select(Event).order_by(Event.seq))).all()

    async def escalations(self) -> list[tuple[str, str, str, str]]:
        """Queue, priority, reason and question of each escalation."""
        async with self.app.database.read() as session:
            rows = await session.scalars(select(Escalation).order_by(Escalation.escalation_id))
            return [(row.queue, row.priority, row.reason, row.question) for row in rows]

    def _build(self) -> Application:
        settings = Settings(
            rasa_url=self._rasa.url,
            actions_port=self._rasa.actions_port,
            identity_seconds=0.0,
            rasa_timeout_seconds=30.0,
        )
        return build(settings, self.clock, Database(self._database_url))
