"""Starts the gateway: `python -m bot.gateway`."""

from aiohttp import web

from bot.bootstrap import start
from bot.gateway.app import build_gateway
from bot.gateway.beginnings import settle
from bot.logs import set_up
from bot.supervised import exit_with_parent


def main() -> None:
    """Serve until the process is told to stop."""
    exit_with_parent()
    set_up()
    app = start()
    set_up(app.settings.log_level, app.settings.log_format)
    gateway = build_gateway(app)
    settle()
    web.run_app(
        gateway,
        host=app.settings.host,
        port=app.settings.port,
        print=None,
        access_log=None,
        shutdown_timeout=5,
    )


if __name__ == "__main__":
    main()
