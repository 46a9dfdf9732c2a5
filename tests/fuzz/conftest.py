"""One gateway to throw everything at, and how much is thrown."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fuzz import tally
from tests.fuzz.house import FuzzedGateway, furnish, scripted_engine
from tests.postgres import Cluster

DATABASE = "willcall.db"


@contextmanager
def running(gateway: FuzzedGateway) -> Iterator[FuzzedGateway]:
    """Started, and looked at in the end."""
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.stop()
    assert "Traceback" not in gateway.log()


@pytest.fixture(scope="session")
def engine_url() -> Iterator[str]:
    """Rasa's stand-in."""
    with scripted_engine() as url:
        yield url


@pytest.fixture(scope="session")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demonstration pharmacy and the staff, to be copied."""
    file = tmp_path_factory.mktemp("furnished") / "willcall.db"
    shutil.copyfile(sqlite_template, file)
    furnish(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def gateway(
    furnished: Path, engine_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FuzzedGateway]:
    """The gateway; whatever it is sent, it must not say a trace."""
    folder = tmp_path_factory.mktemp("fuzzed")
    shutil.copyfile(furnished, folder / DATABASE)
    with running(FuzzedGateway(folder, f"sqlite:///{folder / DATABASE}", engine_url)) as started:
        yield started


@pytest.fixture(scope="session")
def postgres_gateway(
    postgres_cluster: Cluster,
    postgres_template: str,
    engine_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[FuzzedGateway]:
    """The same on PostgreSQL, which takes less: no NUL, nothing longer than its types."""
    url = postgres_cluster.create("willcall_fuzzed", postgres_template)
    furnish(url)
    folder = tmp_path_factory.mktemp("fuzzed")
    with running(FuzzedGateway(folder, url, engine_url)) as started:
        yield started
    postgres_cluster.drop("willcall_fuzzed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was thrown in this run; under `make fuzz`, write it down as well."""
    if tally.THROWN:
        terminalreporter.section("fuzzing")
        terminalreporter.write_line(f"fuzz: {tally.summary()}")
        if tally.FACTOR > 1:
            tally.write()
