"""The action server: Rasa SDK's action protocol, without its web server.

The SDK's own server answers a failure with the whole tracker in the body, which Rasa then writes
into its log. Here nothing of a request is ever repeated.
"""

import logging

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.actions.metrics import REGISTRY
from bot.bootstrap import start
from bot.logs import set_up
from bot.request_ids import HEADER, identified, taken
from bot.supervised import exit_with_parent

log = logging.getLogger(__name__)
# A tracker travels with every call, so the body may be large.
MOST_BYTES = 32 * 1024 * 1024
EXECUTOR = web.AppKey("executor", ActionExecutor)


async def webhook(request: web.Request) -> web.Response:
    """Run the action that Rasa asks for, under the id of the turn."""
    with identified(taken(request.headers.get(HEADER))):
        return await _run(request)


async def _run(request: web.Request) -> web.Response:
    name = "?"
    try:
        call = await request.json()
        name = str(call.get("next_action"))
        result = await request.app[EXECUTOR].run(call)
        return web.json_response(result.model_dump() if result else None)
    except ActionExecutionRejection as error:
        return web.json_response(
            {"error": "rejected", "action_name": error.action_name}, status=400
        )
    except ActionNotFoundException:
        log.error("there is no action %s", name)
        return web.json_response({"error": "unknown action", "action_name": name}, status=404)
    except Exception as error:
        log.error("action %s failed: %s", name, type(error).__name__)
        return web.json_response({"error": "failed", "action_name": name}, status=500)


async def health(_request: web.Request) -> web.Response:
    """Whether this process runs."""
    return web.json_response({"status": "ok"})


async def metrics(_request: web.Request) -> web.Response:
    """The figures in Prometheus' text form. This port is private, and they name nobody."""
    body = generate_latest(REGISTRY)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def build_action_server() -> web.Application:
    """The web application with every action below `bot.actions`."""
    executor = ActionExecutor()
    executor.register_package("bot.actions")
    web_app = web.Application(client_max_size=MOST_BYTES)
    web_app[EXECUTOR] = executor
    web_app.router.add_post("/webhook", webhook)
    web_app.router.add_get("/health", health)
    web_app.router.add_get("/metrics", metrics)
    return web_app


def main() -> None:
    """Serve on the loopback interface until the process is told to stop."""
    exit_with_parent()
    set_up()
    settings = start().settings
    set_up(settings.log_level, settings.log_format)
    web.run_app(
        build_action_server(),
        host=settings.actions_host,
        port=settings.actions_port,
        print=None,
        access_log=None,
        shutdown_timeout=5,
    )


if __name__ == "__main__":
    main()
