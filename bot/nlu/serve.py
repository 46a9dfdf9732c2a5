"""Serves a trained model: ``python -m bot.nlu.serve --model FILE --port N --actions-url URL``.

Rasa's REST channel and HTTP API, meant for the gateway alone: loopback unless told otherwise. The
HTTP API asks for the token in WILLCALL_RASA_TOKEN when that is set (the REST channel cannot ask;
keep the port private). Nothing of a conversation outlives its turn, nothing is written to disk, and
no log line holds what anybody wrote.
"""

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import Any

from bot.nlu.quiet import SafeText, describe, prepare_process
from bot.nlu.vectors_route import add_vectors
from bot.supervised import exit_with_parent

log = logging.getLogger("willcall.rasa")
FORGETFUL = "bot.nlu.forgetful.ForgetfulTrackerStore"


def serve(model: Path, interface: str, port: int, actions_url: str, token: str | None) -> None:
    """Run until the process is told to stop."""
    from rasa.core import run  # noqa: PLC0415  slow import
    from rasa.core.utils import AvailableEndpoints  # noqa: PLC0415
    from rasa.utils.endpoints import EndpointConfig  # noqa: PLC0415

    configure = run.configure_app

    def configure_with_vectors(*given: Any, **named: Any) -> Any:
        server = configure(*given, **named)
        add_vectors(server, token)
        return server

    # Rasa has no hook for a route that belongs to no channel.
    run.configure_app = configure_with_vectors
    run.serve_application(
        model_path=str(model),
        channel="rest",
        interface=interface,
        port=port,
        auth_token=token,
        enable_api=True,
        endpoints=AvailableEndpoints(
            action=EndpointConfig(actions_url), tracker_store=EndpointConfig(type=FORGETFUL)
        ),
    )


def main() -> int:
    """Command line entry. Exit status 1 if the model is missing or the server cannot start."""
    arguments = argparse.ArgumentParser(description="Serve Willcall's language model.")
    arguments.add_argument("--model", type=Path, required=True)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--actions-url", required=True)
    arguments.add_argument("--interface", default="127.0.0.1")
    given = arguments.parse_args()
    exit_with_parent()
    prepare_process()
    if not given.model.is_file():
        log.critical(SafeText(f"there is no model at {given.model}"))
        return 1
    token = os.environ.get("WILLCALL_RASA_TOKEN") or None
    try:
        serve(given.model, given.interface, given.port, given.actions_url, token)
    except Exception as error:
        log.critical(SafeText(f"Rasa cannot start: {describe(error)}"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
