"""Willcall for many: two gateways, two Rasas and two action servers, PostgreSQL and Redis."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.faults.conftest import fill
from tests.faults.processes import PLENTY, START_SECONDS, Part
from tests.postgres import private_server
from tests.private_redis import Redis, private_redis
from tests.stack import RasaProcess, free_port, model_file


@dataclass(frozen=True)
class Chain:
    """The running parts. Each of them may be killed, if it is started again."""

    folder: Path
    database_url: str
    redis: Redis
    actions: tuple[Part, Part]
    rasas: tuple[RasaProcess, RasaProcess]
    gateways: tuple[Part, Part]
    ports: tuple[int, int]

    def start_rasa(self, number: int) -> None:
        """Start a Rasa (again) and wait until it answers."""
        self.rasas[number].start(self.folder / f"rasa-{number}.log")

    def wait_until_whole(self) -> None:
        """Wait until every gateway finds every part."""
        deadline = time.monotonic() + START_SECONDS
        for port in self.ports:
            while not _finds_all(port):
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.1)

    def log(self) -> str:
        """What the gateways have printed."""
        return "\n".join(gateway.log() for gateway in self.gateways)


@contextmanager
def running(folder: Path) -> Iterator[Chain]:
    """A chain with the demonstration pharmacy; all of it ends with the block."""
    with ExitStack() as exits:
        server = exits.enter_context(private_server())
        url = server.cluster.create("chain")
        asyncio.run(fill(url))
        redis = exits.enter_context(private_redis())
        action_ports = (free_port(), free_port())
        model = model_file()
        rasas = (RasaProcess(model, *action_ports), RasaProcess(model, *reversed(action_ports)))
        settings = {
            "WILLCALL_DATA_DIR": str(folder),
            "WILLCALL_DATABASE_URL": url,
            "WILLCALL_DATABASE_POOL": "10",
            "WILLCALL_REDIS_URL": redis.url,
            "WILLCALL_RASA_URL": ",".join(rasa.url for rasa in rasas),
            "WILLCALL_ACTIONS_URL": ",".join(f"http://127.0.0.1:{port}" for port in action_ports),
            "WILLCALL_IDENTITY_SECONDS": "0",
            # Nobody may get an apology here, however slow the machine is.
            "WILLCALL_RASA_TIMEOUT_SECONDS": "20",
            "WILLCALL_NEW_CONVERSATIONS_PER_MINUTE": PLENTY,
            "WILLCALL_MESSAGES_PER_MINUTE": PLENTY,
            "WILLCALL_SIGN_INS_PER_MINUTE": PLENTY,
        }
        ports = (free_port(), free_port())
        chain = Chain(
            folder, url, redis,
            (_actions(folder, 0, action_ports[0], settings),
             _actions(folder, 1, action_ports[1], settings)),
            rasas,
            (_gateway(folder, 0, ports[0], settings), _gateway(folder, 1, ports[1], settings)),
            ports,
        )  # fmt: skip
        for part in (*chain.actions, *chain.rasas, *chain.gateways):
            exits.callback(part.kill)
        for number in (0, 1):
            chain.actions[number].start()
            chain.start_rasa(number)
            chain.gateways[number].start()
        chain.wait_until_whole()
        yield chain


def _actions(folder: Path, number: int, port: int, settings: dict[str, str]) -> Part:
    return Part(
        "bot.actions.server", f"http://127.0.0.1:{port}/health", folder / f"actions-{number}.log",
        settings | {"WILLCALL_ACTIONS_PORT": str(port)},
    )  # fmt: skip


def _gateway(folder: Path, number: int, port: int, settings: dict[str, str]) -> Part:
    return Part(
        "bot.gateway", f"http://127.0.0.1:{port}/healthz", folder / f"gateway-{number}.log",
        settings | {"WILLCALL_PORT": str(port)},
    )  # fmt: skip


def _finds_all(port: int) -> bool:
    try:
        found = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).json()
    except (requests.RequestException, ValueError):
        return False
    return bool(found["ready"]) and all(each for part in found["each"].values() for each in part)
