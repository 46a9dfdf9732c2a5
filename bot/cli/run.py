"""`willcall run`: prepares what is missing, starts the three processes, stops them together."""

import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import requests
from honcho.manager import Manager
from honcho.printer import Message, Printer

from bot.cli.records import prepare_database
from bot.cli.teach import model_to_serve
from bot.places import RASA_PYTHON, ROOT
from bot.secret_files import SUFFIX
from bot.services.demo_accounts import DemoAccount
from bot.settings import PREFIX, Settings

# What the children watch: bot/supervised.py.
SUPERVISOR = "WILLCALL_SUPERVISOR_PID"
PARTS = 3
POLL_SECONDS = 0.3
WARM_UP = "is my prescription ready"


class CannotStartError(RuntimeError):
    """Something outside stands in the way; the message says what to do."""


def run(settings: Settings) -> int:
    """Run Willcall until Ctrl-C (exit status 0) or until a part dies (1)."""
    _check_ports(settings)
    people = prepare_database(settings)
    model = model_to_serve(settings)
    token = settings.rasa_token or secrets.token_urlsafe(24)
    environment = environment_of_parts(settings, token)
    printer = _Printer(lambda: _tell_when_ready(settings, token, people))
    manager = Manager(printer)
    for name, command in commands(settings, model).items():
        manager.add_process(name, f"exec {command}", env=environment, cwd=str(ROOT))
    print("Starting Rasa, the action server and the gateway …", flush=True)
    manager.loop()
    if printer.first_stopped is None or printer.told_to_stop:
        print("Willcall has stopped.", flush=True)
        return 0
    print(
        f"Willcall stopped because {printer.first_stopped}. Its last lines stand above.",
        file=sys.stderr, flush=True,
    )  # fmt: skip
    return 1


def environment_of_parts(settings: Settings, token: str) -> dict[str, str]:
    """What the processes find in their environment; a secret in a file stays there."""
    secrets = {
        "WILLCALL_RASA_TOKEN": token,
        "WILLCALL_DATABASE_URL": _absolute(settings.database),
    }
    files = {
        name: str(Path(value).resolve())
        for name, value in os.environ.items()
        if name.startswith(PREFIX) and name.endswith(SUFFIX) and value
    }
    return {
        **os.environ,
        **{name: value for name, value in secrets.items() if name + SUFFIX not in files},
        **files,
        SUPERVISOR: str(os.getpid()),
        "WILLCALL_DATA_DIR": str(settings.data_dir.resolve()),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def commands(settings: Settings, model: Path) -> dict[str, str]:
    """The three processes, as in the Procfile."""
    rasa = (
        f"{RASA_PYTHON} -m bot.nlu.serve --model {model} --port {settings.rasa_port}"
        f" --interface {settings.rasa_host} --actions-url {','.join(settings.action_servers)}"
    )
    return {
        "rasa": rasa,
        "actions": f"{sys.executable} -m bot.actions.server",
        "gateway": f"{sys.executable} -m bot.gateway",
    }


class _Printer(Printer):  # type: ignore[misc]
    """Honcho's output, remembering which part ended first; starts the watch when all run."""

    def __init__(self, when_started: Callable[[], None]) -> None:
        super().__init__(sys.stdout)
        self.first_stopped: str | None = None
        self.told_to_stop = False
        self._when_started = when_started
        self._started = 0

    def write(self, message: Message) -> None:
        text = message.data if isinstance(message.data, str) else message.data.decode()
        if message.name == "system":
            self._note(text.strip())
        super().write(message)

    def _note(self, text: str) -> None:
        if text.endswith("received"):
            self.told_to_stop = True
        if " started (pid" in text:
            self._started += 1
            if self._started == PARTS:
                threading.Thread(target=self._when_started, daemon=True).start()
        if " stopped (rc=" in text and self.first_stopped is None:
            name, _, code = text.partition(" stopped (rc=")
            self.first_stopped = f"{name} ended (exit status {code.rstrip(')')})"


def _tell_when_ready(settings: Settings, token: str, people: Sequence[DemoAccount]) -> None:
    """Print the address as soon as a message would be answered, and who may sign in."""
    own = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    address = f"http://{own}:{settings.port}"
    while not _answers("GET", f"{address}/readyz"):
        time.sleep(POLL_SECONDS)
    # The first parse builds the encoder's graph: not while a patient waits.
    for rasa in settings.rasas:
        _answers("POST", f"{rasa}/model/parse?token={token}", {"text": WARM_UP})
    print(ready_text(address, people), flush=True)


def ready_text(address: str, people: Sequence[DemoAccount]) -> str:
    """What is printed when all runs; the passwords of the demonstration are no secret."""
    lines = [f"Willcall is ready at {address}"]
    if people:
        lines.append(f"The staff's side is at {address}/staff/; for the demonstration sign in as")
        lines += [f"  {each.username}  {each.password}  ({each.role})" for each in people]
    return "\n".join(lines)


def _answers(method: str, url: str, body: dict[str, str] | None = None) -> bool:
    try:
        return requests.request(method, url, json=body, timeout=10).ok
    except requests.RequestException:
        return False


def _check_ports(settings: Settings) -> None:
    """Say at once which port is taken. Raises CannotStartError."""
    named = {
        "WILLCALL_PORT": (settings.host, settings.port),
        "WILLCALL_RASA_PORT": (settings.rasa_host, settings.rasa_port),
        "WILLCALL_ACTIONS_PORT": (settings.actions_host, settings.actions_port),
    }
    for name, (host, port) in named.items():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CannotStartError(
                    f"port {port} cannot be used ({error.strerror}): set {name} to another one"
                ) from None
    if len({port for _, port in named.values()}) < len(named):
        raise CannotStartError("the three ports must differ: " + ", ".join(named))


def _absolute(url: str) -> str:
    """The database URL with a relative SQLite path made absolute: children may start elsewhere."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith("sqlite:////"):
        return prefix + str(Path(url.removeprefix(prefix)).resolve())
    return url
