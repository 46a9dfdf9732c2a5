"""Starts the gateway: `python -m bot.gateway`."""

import logging

from aiohttp import web

from bot.bootstrap import application
from bot.gateway.app import build_gateway
from bot.logs import set_up
from bot.supervised import exit_with_parent


def main() -> None:
    """Serve until the process is told to stop."""
    exit_with_parent()
    set_up()
    app = application()
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    web.run_app(
        build_gateway(app),
        host=app.settings.host,
        port=app.settings.port,
        print=None,
        access_log=None,
        shutdown_timeout=5,
    )


if __name__ == "__main__":
    main()
