"""The processes that fault tests share: one Rasa, and a PostgreSQL that keeps what it committed."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from bot.bootstrap import utc_now
from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.schema import migrate
from tests.faults.disk import Disk
from tests.faults.processes import Installation
from tests.postgres import Server, private_server
from tests.stack import RasaProcess, free_port, model_file

# What is committed must be there after a kill, and on the disk.
DURABLE = ("max_connections=100",)


@pytest.fixture(scope="package")
def shared_rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaProcess]:
    """A Rasa that may be killed, if it is started again."""
    rasa = RasaProcess(model_file(), free_port())
    rasa.start(tmp_path_factory.mktemp("rasa") / "rasa.log")
    yield rasa
    rasa.kill()


@pytest.fixture(scope="package")
def postgres() -> Iterator[Server]:
    """A PostgreSQL that may be killed, if it is started again."""
    with private_server(DURABLE) as server:
        yield server


@pytest.fixture(scope="package")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    """The disk that SQLite writes to. It is sound, unless a test says otherwise."""
    folder = tmp_path_factory.mktemp("disk")
    return Disk(folder, folder)


@pytest.fixture(scope="package", params=["postgresql", "sqlite"])
def installation(
    request: pytest.FixtureRequest,
    shared_rasa: RasaProcess,
    disk: Disk,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """A running Willcall with the demonstration pharmacy, once for each database."""
    folder = tmp_path_factory.mktemp("willcall")
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.cluster.create(folder.name.replace("-", "_"))
        installation = Installation(folder, url, shared_rasa)
    else:
        url = f"sqlite:///{disk.below / 'willcall.sqlite'}"
        installation = Installation(folder, url, shared_rasa, **disk.environment)
    asyncio.run(fill(url))
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()


async def fill(url: str) -> None:
    """Migrate a database and write the demonstration pharmacy into it."""
    database = Database(url)
    now = utc_now()
    await migrate(database)
    lines = (json.dumps(record) for record in demo_records(now))
    await import_records(database, json_lines.read(lines), now)
    await database.close()
