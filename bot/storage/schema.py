"""Brings the database's tables to the version that this code expects."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.storage.database import WRITES, Database

MIGRATIONS = "bot.storage:migrations"
MIGRATION_LOCK = 7_411_002


async def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction. Processes that start together take turns."""
    engine = database.engine.execution_options(**{WRITES: True})
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def is_current(database: Database) -> bool:
    """Whether the database has exactly the tables that this code expects."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_revision) == head()


def head() -> str | None:
    """The newest migration."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings; `env.py` runs the migrations on this connection."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite's write transaction is a lock already
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
    command.upgrade(configuration(connection), "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
