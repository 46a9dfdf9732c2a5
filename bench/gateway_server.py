"""The gateway as a process, for measurements."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bench.processes import Running, answers_at, running

UNLIMITED = "1000000"


@asynccontextmanager
async def gateway(
    session: aiohttp.ClientSession,
    folder: Path,
    database_url: str,
    port: int,
    rasa_url: str,
    actions_url: str,
) -> AsyncIterator[Running]:
    """`python -m bot.gateway`, with limits that no measurement meets."""
    url = f"http://127.0.0.1:{port}"
    environment = {
        "WILLCALL_DATA_DIR": str(folder),
        "WILLCALL_DATABASE_URL": database_url,
        "WILLCALL_PORT": str(port),
        "WILLCALL_RASA_URL": rasa_url,
        "WILLCALL_ACTIONS_URL": actions_url,
        "WILLCALL_MESSAGES_PER_MINUTE": UNLIMITED,
        "WILLCALL_NEW_CONVERSATIONS_PER_MINUTE": UNLIMITED,
    }
    command = [sys.executable, "-m", "bot.gateway"]
    ready = answers_at(session, f"{url}/healthz")
    async with running(
        "the gateway", command, url, ready, folder / "gateway.log", environment
    ) as found:
        yield found
