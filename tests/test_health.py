"""The check that containers run: well, not well, not there."""

import asyncio
import subprocess
import sys

import pytest
from aiohttp import web

from bot.places import RASA_PYTHON, ROOT
from tests.stack import free_port, serving


async def status_of(address: str, python: str = sys.executable) -> int:
    def check() -> int:
        return subprocess.run(
            [python, "-m", "bot.health", address], cwd=ROOT, capture_output=True, check=False
        ).returncode

    return await asyncio.to_thread(check)


@pytest.mark.parametrize("python", [sys.executable, str(RASA_PYTHON)])
async def test_a_process_that_answers_is_well(python: str) -> None:
    app = web.Application()

    async def well(_request: web.Request) -> web.Response:
        return web.Response()

    async def broken(_request: web.Request) -> web.Response:
        return web.Response(status=503)

    app.router.add_get("/well", well)
    app.router.add_get("/broken", broken)
    async with serving(app, free_port()) as address:
        assert await status_of(f"{address}/well", python) == 0
        assert await status_of(f"{address}/broken", python) == 1
    assert await status_of(f"{address}/well", python) == 1


async def test_it_asks_nothing_but_addresses() -> None:
    assert await status_of("file:///etc/hostname") == 2
