"""Both Rasa servers, Willcall's and the stock one, as processes that answer a first question."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bench.processes import BenchError, Running, running
from bot.places import RASA_PYTHON, ROOT

QUESTION = "is my lisinopril ready"
EXPECTED = "status_card"
PATIENCE = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True)
class Engine:
    """A way to run Rasa: `willcall` or `stock`, with a trained model."""

    name: str
    model: Path

    def command(self, port: int, actions_url: str, folder: Path) -> list[str]:
        """What starts it. Stock Rasa finds the action server and its channel in files."""
        if self.name == "willcall":
            served = ["-m", "bot.nlu.serve", "--model", str(self.model), "--port", str(port)]
            return [str(RASA_PYTHON), *served, "--actions-url", f"{actions_url}/webhook"]
        endpoints, credentials = folder / "endpoints.yml", folder / "credentials.yml"
        url = {"action_endpoint": {"url": f"{actions_url}/webhook"}}
        endpoints.write_text(yaml.safe_dump(url), encoding="utf-8")
        credentials.write_text("rest:\n", encoding="utf-8")
        return [
            str(RASA_PYTHON), "-m", "rasa", "run", "--enable-api", "--interface", "127.0.0.1",
            "--model", str(self.model), "--port", str(port),
            "--endpoints", str(endpoints), "--credentials", str(credentials),
        ]  # fmt: skip


@asynccontextmanager
async def serving(
    engine: Engine,
    session: aiohttp.ClientSession,
    port: int,
    actions_url: str,
    folder: Path,
    conversation_id: str,
) -> AsyncIterator[Running]:
    """The engine, from the start of its process to its first answer in this conversation."""
    url = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        try:
            return bool(await ask(session, url, conversation_id))
        except (aiohttp.ClientError, TimeoutError):
            return False

    own = folder / f"{engine.name}-{port}"
    own.mkdir()
    command = engine.command(port, actions_url, own)
    name = f"Rasa ({engine.name})"
    # Stock Rasa reads and writes where it stands.
    cwd = ROOT if engine.name == "willcall" else own
    async with running(name, command, url, answers, own / "log", cwd=cwd) as found:
        yield found


async def ask(
    session: aiohttp.ClientSession, url: str, conversation_id: str, text: str = QUESTION
) -> list[dict[str, Any]]:
    """What Rasa answers; nothing when it cannot yet."""
    body = {"sender": conversation_id, "message": text}
    async with session.post(
        f"{url}/webhooks/rest/webhook", json=body, timeout=PATIENCE
    ) as response:
        if response.status != 200:
            return []
        found: list[dict[str, Any]] = await response.json()
        return found


def checked(answer: list[dict[str, Any]], engine: str) -> None:
    """Raises BenchError unless the one action has answered with the patient's status."""
    if not any(message.get("custom", {}).get("type") == EXPECTED for message in answer):
        raise BenchError(f"{engine} has not answered with a status: {answer}")
