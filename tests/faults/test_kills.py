"""Each part of Willcall is killed, or hangs, while fifty people write."""

import os
import signal
from pathlib import Path

import pytest

from tests.faults.load import CONVERSATIONS
from tests.faults.processes import Installation
from tests.faults.suffering import Fault, suffer, survived
from tests.postgres import Server

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
on_postgres = pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
# Longer than the gateway waits for Rasa, and for a turn that somebody else seems to work on.
HANG_SECONDS = 12


async def test_the_gateway_is_killed(installation: Installation) -> None:
    gateway = installation.gateway
    found = await suffer(
        installation, Fault("gateway killed", gateway.kill, gateway.start, seconds=1)
    )
    survived(found)
    assert found.interrupted >= CONVERSATIONS


@on_sqlite
async def test_rasa_is_killed(installation: Installation, tmp_path: Path) -> None:
    rasa = installation.rasa
    fault = Fault("Rasa killed", rasa.kill, lambda: rasa.start(tmp_path / "rasa.log"), seconds=1)
    found = await suffer(installation, fault)
    survived(found)
    assert found.apologies > 0


@on_postgres
async def test_the_action_server_is_killed(installation: Installation) -> None:
    actions = installation.actions
    found = await suffer(
        installation, Fault("action server killed", actions.kill, actions.start, seconds=3)
    )
    survived(found)
    assert found.apologies > 0


@on_postgres
async def test_the_database_is_killed(installation: Installation, postgres: Server) -> None:
    found = await suffer(
        installation, Fault("PostgreSQL killed", postgres.kill, postgres.start, seconds=2)
    )
    survived(found)
    assert found.interrupted > 0


@on_sqlite
async def test_rasa_hangs(installation: Installation) -> None:
    found = await suffer(installation, hanging("Rasa hangs", installation.rasa.pid))
    survived(found)
    assert found.apologies > 0


@on_postgres
async def test_the_action_server_hangs(installation: Installation) -> None:
    found = await suffer(installation, hanging("action server hangs", installation.actions.pid))
    survived(found)
    assert found.apologies > 0


def hanging(name: str, pid: int) -> Fault:
    """A process that is there, and does nothing."""
    return Fault(
        name,
        lambda: os.kill(pid, signal.SIGSTOP),
        lambda: os.kill(pid, signal.SIGCONT),
        HANG_SECONDS,
    )
