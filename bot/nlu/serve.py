"""Serves a trained model: ``python -m bot.nlu.serve --model FILE --port N --actions-url URL``.

Rasa's REST channel and HTTP API, meant for the gateway alone: loopback unless told otherwise. The
HTTP API asks for the token in WILLCALL_RASA_TOKEN, or in the file of WILLCALL_RASA_TOKEN_FILE, when
one is set (the REST channel cannot ask; keep the port private). ``--model`` may be a folder of
models: the one of the present sources in it is served. Nothing of a conversation outlives its
turn, nothing is written to disk, and no log line holds what anybody wrote. ``--actions-url`` may be
given several times, or name several addresses with commas between.
"""

import argparse
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any, List, Optional, Sequence
from urllib.parse import urlsplit

from bot.nlu.quiet import SAFE_FIELDS, SafeText, describe, prepare_process
from bot.nlu.settled import settle
from bot.places import model_in
from bot.request_ids import HEADER, take_up
from bot.secret_files import SecretFileError, read_secret
from bot.supervised import exit_with_parent

log = logging.getLogger("willcall.rasa")
FORGETFUL = "bot.nlu.forgetful.ForgetfulTrackerStore"
WEBHOOK = "/webhook"
MESSAGES = "/rest/webhook"
TOKEN = "WILLCALL_RASA_TOKEN"  # noqa: S105  the variable, not its value
# What the gateway waits for an answer, unless it is told otherwise, and what is left of that for
# everything but the action.
GATEWAY_SECONDS = 10.0
SPARE_SECONDS = 0.5


def serve(
    model: Path, interface: str, port: int, actions: Sequence[str], token: Optional[str]
) -> None:
    """Run until the process is told to stop."""
    from rasa.core import run  # noqa: PLC0415  slow import
    from rasa.core.utils import AvailableEndpoints  # noqa: PLC0415
    from rasa.utils.endpoints import EndpointConfig  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    from bot.nlu.action_servers import ActionServers  # noqa: PLC0415
    from bot.nlu.lean_rasa import make_lean  # noqa: PLC0415
    from bot.nlu.vectors_route import add_vectors  # noqa: PLC0415

    make_lean()
    # A message is too small to share: a second thread would only wait, and at full speed.
    threadpool_limits(limits=1)
    servers = ActionServers(actions, patience())
    configure = run.configure_app

    async def started(_server: Any, _loop: Any) -> None:
        settle()

    async def stopped(_server: Any, _loop: Any) -> None:
        await servers.close()

    def configure_ours(*given: Any, **named: Any) -> Any:
        server = configure(*given, **named)
        server.config.ACCESS_LOG = False
        server.register_middleware(_take_up_id, "request")
        server.register_middleware(_settle_again, "response")
        server.register_middleware(_note_answer, "response")
        add_vectors(server, token)
        return server

    # Rasa has no hook for a route that belongs to no channel.
    run.configure_app = configure_ours
    run.serve_application(
        model_path=str(model),
        channel="rest",
        interface=interface,
        port=port,
        auth_token=token,
        enable_api=True,
        endpoints=AvailableEndpoints(action=servers, tracker_store=EndpointConfig(type=FORGETFUL)),
        server_listeners=[(started, "after_server_start"), (stopped, "after_server_stop")],
    )


def patience() -> float:
    """Seconds that an action may take in all: less than the gateway waits for the turn."""
    try:
        whole = float(os.environ.get("WILLCALL_RASA_TIMEOUT_SECONDS") or GATEWAY_SECONDS)
    except ValueError:
        whole = GATEWAY_SECONDS
    return max(whole - SPARE_SECONDS, whole / 2)


def addresses(given: Sequence[str]) -> List[str]:
    """The action servers' whole addresses, each once. Raises ValueError for what is none."""
    found = []
    for url in ",".join(given).split(","):
        if not url.strip():
            continue
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("an action server's address looks like http://actions:5055")
        path = WEBHOOK if parts.path in ("", "/") else parts.path
        found.append(parts._replace(path=path).geturl())
    if not found:
        raise ValueError("there is no address of an action server")
    return list(dict.fromkeys(found))


def _take_up_id(request: Any) -> None:
    """What is done for a request is done under the id that the gateway gave it."""
    take_up(request.headers.get(HEADER))
    request.ctx.started = time.perf_counter()


def _note_answer(request: Any, response: Any) -> None:
    """One line for each message, by which a turn can be followed through all processes."""
    if request.path.endswith(MESSAGES) and hasattr(request.ctx, "started"):
        ms = round((time.perf_counter() - request.ctx.started) * 1000, 1)
        told = {"status": response.status, "ms": ms}
        log.info(SafeText("message answered"), extra={SAFE_FIELDS: told})


def _settle_again(request: Any, _response: Any) -> None:
    """A new model has taken the place of the old one."""
    if request.path == "/model" and request.method == "PUT":
        settle()


def main() -> int:
    """Command line entry. Exit status 1 without model or token file, or if it cannot start."""
    arguments = argparse.ArgumentParser(description="Serve Willcall's language model.")
    arguments.add_argument("--model", type=Path, required=True)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--actions-url", action="append", required=True)
    arguments.add_argument("--interface", default="127.0.0.1")
    given = arguments.parse_args()
    try:
        actions = addresses(given.actions_url)
    except ValueError as error:
        arguments.error(str(error))
    exit_with_parent()
    prepare_process()
    model = model_in(given.model) if given.model.is_dir() else given.model
    if not model.is_file():
        log.critical(SafeText(f"there is no model at {model}; `willcall train` makes it"))
        return 1
    try:
        token = read_secret(TOKEN) or os.environ.get(TOKEN) or None
    except SecretFileError as error:
        log.critical(SafeText(str(error)))
        return 1
    try:
        serve(model, given.interface, given.port, actions, token)
    except Exception as error:
        log.critical(SafeText(f"Rasa cannot start: {describe(error)}"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
