"""The gateway as it runs, in a process that tells how much it holds.

`python -m tests.fuzz.watched_gateway FILE`: on SIGUSR1 it writes what is alive after a collection.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from bot.bootstrap import application
from bot.gateway.app import build_gateway
from bot.logs import set_up
from bot.supervised import exit_with_parent


def main() -> None:
    """Serve until the process is told to stop."""
    exit_with_parent()
    set_up()
    web_app = build_gateway(application())
    file = Path(sys.argv[1])

    async def listening(_web_app: web.Application) -> AsyncIterator[None]:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _tell, file)
        yield

    web_app.cleanup_ctx.append(listening)
    settings = application().settings
    web.run_app(
        web_app, host=settings.host, port=settings.port, print=None, access_log=None,
        shutdown_timeout=1,
    )  # fmt: skip


def _tell(file: Path) -> None:
    for _ in range(3):
        gc.collect()
    counts = {"objects": len(gc.get_objects()), "blocks": sys.getallocatedblocks()}
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(counts), encoding="utf-8")
    os.replace(beside, file)  # noqa: PTH105 - whoever waits for it must see it whole


if __name__ == "__main__":
    main()
