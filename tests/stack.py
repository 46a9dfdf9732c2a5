"""The real stack for tests: trained Rasa in its own process, the rest in this one.

The action server and the gateway run here, over real HTTP and with real databases, so that a test
can stop the clock and give each conversation records of its own. Only Rasa is started once.
"""

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import requests
from aiohttp import web

from bot.actions import base
from bot.actions.server import build_action_server
from bot.bootstrap import Application, build
from bot.cli.model import ensure_model
from bot.gateway.app import build_gateway
from bot.gateway.keys import APP
from bot.places import RASA_PYTHON, ROOT
from bot.settings import Settings
from bot.storage.database import Database
from tests import contract

START_SECONDS = 240


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def model_file() -> Path:
    """The model of the present sources, trained if need be; kept in var for the next run."""
    return ensure_model(Settings(data_dir=ROOT / "var"))


class RasaProcess:
    """Rasa with the trained model on a port of its own; can be killed and started again."""

    def __init__(self, model: Path, actions_port: int, *more_actions: int) -> None:
        self.port = free_port()
        self.actions_port = actions_port
        ports = (actions_port, *more_actions)
        self._actions = ",".join(f"http://127.0.0.1:{port}" for port in ports)
        self._model = model
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, log: Path) -> None:
        """Start it and wait until it has parsed a first message."""
        command = [
            str(RASA_PYTHON), "-m", "bot.nlu.serve", "--model", str(self._model),
            "--port", str(self.port),
            "--actions-url", self._actions,
        ]  # fmt: skip
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._parses():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Rasa did not start:\n{log.read_text()}")
            time.sleep(0.2)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _parses(self) -> bool:
        url, key = f"{self.url}/model/parse", {"token": os.environ.get("WILLCALL_RASA_TOKEN", "")}
        try:
            return requests.post(url, json={"text": "hello"}, params=key, timeout=5).ok
        except requests.RequestException:
            return False


class Clock:
    """A clock that tests set and move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def serving(web_app: web.Application, port: int) -> AsyncIterator[str]:
    """Serve an aiohttp application on a port; yields its address.

    What a gateway answers is held against the document of its interfaces.
    """
    wrong = contract.watch(web_app) if APP in web_app else []
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
    assert wrong == [], wrong


@contextmanager
def current_application(app: Application) -> Iterator[None]:
    """Have the actions in this process work with `app`."""
    before = base.provider
    base.provider = lambda: app
    try:
        yield
    finally:
        base.provider = before


@asynccontextmanager
async def stack(
    database: Database,
    rasa_url: str,
    actions_port: int,
    clock: Callable[[], datetime],
    **settings: Any,
) -> AsyncIterator[tuple[str, Application]]:
    """Gateway and action server around a database; yields the gateway's address."""
    chosen = {"identity_seconds": 0.0, "rasa_timeout_seconds": 8.0, **settings}
    app = build(Settings(rasa_url=rasa_url, actions_port=actions_port, **chosen), clock, database)
    with current_application(app):
        async with (
            serving(build_action_server(), actions_port),
            serving(build_gateway(app), free_port()) as address,
        ):
            yield address, app


class Device:
    """A patient's device that speaks the public interface over a socket."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self._address = address
        self._sent = 0
        self.conversation_id = ""
        self.secret = ""
        self.events: list[dict[str, Any]] = []
        self.socket: aiohttp.ClientWebSocketResponse | None = None

    async def open(self, locale: str = "en") -> None:
        """Begin a conversation and connect."""
        async with self._session.post(
            f"{self._address}/api/v1/conversations", json={"locale": locale}
        ) as response:
            assert response.status == 201, await response.text()
            body = await response.json()
        self.conversation_id, self.secret = body["conversation_id"], body["secret"]
        await self.connect()

    async def connect(self, after: int = 0) -> dict[str, Any]:
        """Connect (again) and return the welcome frame."""
        self.socket = await self._session.ws_connect(
            f"{self._address}/api/v1/conversations/{self.conversation_id}/socket"
        )
        await self.socket.send_json({"type": "hello", "secret": self.secret, "after": after})
        welcome = await self.frame()
        assert welcome["type"] == "welcome", welcome
        return welcome

    async def frame(self, seconds: float = 15) -> dict[str, Any]:
        """The next frame."""
        assert self.socket is not None
        async with asyncio.timeout(seconds):
            body: dict[str, Any] = await self.socket.receive_json()
        contract.check_named("ServerFrame", body)
        return body

    async def send(self, frame: dict[str, Any]) -> None:
        """Send a frame as it is."""
        assert self.socket is not None
        await self.socket.send_json(frame)

    async def say(self, text: str) -> list[dict[str, Any]]:
        """Write a message; the events up to the end of its turn."""
        return await self._turn({"type": "message", "text": text})

    async def choose(self, label: str) -> list[dict[str, Any]]:
        """Tap the button with this label among those offered last."""
        offered = [event for event in self.events if event["kind"] == "choices"]
        by_label = {choice["label"]: choice for event in offered for choice in event["choices"]}
        assert label in by_label, f"{label!r} is not offered, but {sorted(by_label)}"
        return await self._turn({"type": "choice", "choice_id": by_label[label]["choice_id"]})

    async def verify(self, **details: str) -> tuple[int, dict[str, Any]]:
        """Post the identity form; status and body."""
        async with self._session.post(
            f"{self._address}/api/v1/conversations/{self.conversation_id}/identity",
            json=details,
            headers={"Authorization": f"Bearer {self.secret}"},
        ) as response:
            return response.status, await response.json()

    async def catch_up(self) -> list[dict[str, Any]]:
        """The events that are in the log already, whether or not the socket has brought them."""
        async with self._session.get(
            f"{self._address}/api/v1/conversations/{self.conversation_id}/events",
            params={"after": max((event["seq"] for event in self.events), default=0)},
            headers={"Authorization": f"Bearer {self.secret}"},
        ) as response:
            events: list[dict[str, Any]] = (await response.json())["events"]
        self.events += events
        return events

    async def turn_events(self) -> list[dict[str, Any]]:
        """The events until a turn is finished."""
        events: list[dict[str, Any]] = []
        known = {event["seq"] for event in self.events}
        while True:
            frame = await self.frame()
            if frame["type"] == "event":
                if frame["seq"] not in known:
                    events.append(frame)
            elif frame["type"] == "error":
                raise AssertionError(frame)
            elif frame["type"] == "turn" and frame["state"] == "finished":
                self.events += events
                return events

    async def close(self) -> None:
        """Leave without a word."""
        if self.socket is not None:
            await self.socket.close()

    async def _turn(self, frame: dict[str, Any]) -> list[dict[str, Any]]:
        self._sent += 1
        await self.send({**frame, "client_id": f"{self.conversation_id[:8]}-{self._sent}"})
        return await self.turn_events()
