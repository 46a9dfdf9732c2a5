"""The migrations build exactly the tables that the code declares."""

import asyncio
import multiprocessing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect

from bot.storage.base import Base
from bot.storage.database import Database
from bot.storage.schema import configuration, is_current, migrate


# SQLite cannot tell what an index on an expression is of; that one is compared on PostgreSQL.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
async def test_migrations_and_tables_agree(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, Base.metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_migrated_database_is_current(database: Database) -> None:
    assert await is_current(database)


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    await migrate(database)
    assert await is_current(database)


async def test_an_empty_database_is_not_current_until_it_is_migrated(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    try:
        assert not await is_current(database)
        await migrate(database)
        assert await is_current(database)
    finally:
        await database.close()


async def test_a_failed_migration_leaves_nothing_behind(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the last step failed")

    monkeypatch.setattr("alembic.operations.Operations.create_index", fail)
    database = Database(empty_database_url)
    try:
        with pytest.raises(RuntimeError, match="the last step failed"):
            await migrate(database)
        async with database.engine.connect() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        assert names == []
    finally:
        await database.close()


def _migrate(url: str) -> None:
    async def run() -> None:
        database = Database(url)
        try:
            await migrate(database)
        finally:
            await database.close()

    asyncio.run(run())


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    processes = multiprocessing.get_context("spawn")
    with processes.Pool(2) as pool:
        pool.map(_migrate, [empty_database_url] * 2)
    _migrate(empty_database_url)


async def test_the_first_migration_can_be_undone(database: Database) -> None:
    def down(connection: Connection) -> list[str]:
        command.downgrade(configuration(connection), "base")
        return inspect(connection).get_table_names()

    async with database.engine.begin() as connection:
        assert await connection.run_sync(down) == ["alembic_version"]
    await migrate(database)
    assert await is_current(database)
