"""The two roles of deploy/postgresql/roles.sql: the gateway needs no more than the lesser one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psycopg
import pytest

from bot.bootstrap import build
from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.gateway.app import build_gateway
from bot.places import ROOT
from bot.services.records import import_records
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.schema import is_current, migrate
from tests import postgres
from tests.stack import Clock, Device, free_port, serving

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
REFUSED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The database's address as each role, on a server of this test's own."""
    monkeypatch.setattr(postgres, "USER", "superuser")
    with postgres.private_cluster() as cluster:
        url = cluster.create("pharmacy")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute((ROOT / "deploy" / "postgresql" / "roles.sql").read_bytes())
        yield {name: url.replace("superuser", name) for name in ("willcall", "willcall_owner")}


async def migrated(url: str) -> bool:
    database = Database(url)
    try:
        await migrate(database)
        return await is_current(database)
    finally:
        await database.close()


async def test_the_gateway_runs_as_a_role_that_only_uses_the_tables(
    roles: dict[str, str], tmp_path: Path
) -> None:
    assert await migrated(roles["willcall_owner"])
    # What all commands do first changes nothing then, and needs no more rights.
    assert await migrated(roles["willcall"])
    settings = Settings(data_dir=tmp_path, rasa_port=free_port())
    app = build(settings, Clock(NOW), Database(roles["willcall"]))
    lines = (json.dumps(record) for record in demo_records(NOW))
    await import_records(app.database, json_lines.read(lines), NOW)
    async with (
        serving(build_gateway(app), free_port()) as address,
        aiohttp.ClientSession() as session,
    ):
        device = Device(session, address)
        await device.open()
        # There is no Rasa: the apology, and a ticket for the counter.
        events = await device.say("is my lisinopril ready")
        assert events[-1]["author"] == "bot"
        await device.close()
    with psycopg.connect(roles["willcall"], autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM escalation").fetchone() == (1,)
        for statement in (
            "CREATE TABLE extra (id int)",
            "DROP TABLE audit_entry",
            "TRUNCATE audit_entry",
            "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
            "CREATE ROLE another",
        ):
            with pytest.raises(REFUSED):
                connection.execute(statement)
