"""A PostgreSQL of the tests' own: started in a temporary directory, gone afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

USER = "willcall"
MISSING = (
    "The tests need PostgreSQL's own programs (initdb, pg_ctl): install the server package "
    "(on Debian: apt install postgresql) or put its bin directory on PATH."
)
# Nothing here outlives the tests, so nothing has to survive a crash.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100")


@dataclass(frozen=True)
class Cluster:
    """A running server. It listens on the loopback address only."""

    port: int

    def url(self, name: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template1") -> str:
        """A new database as a copy of another, which nobody may be connected to."""
        statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
        self._run(statement, name, template)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, also with connections still open."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            identifiers = [sql.Identifier(name) for name in names]
            connection.execute(sql.SQL(statement).format(*identifiers))


class Server:
    """A server in a folder of its own; it can be killed and started again.

    RuntimeError when there is no PostgreSQL.
    """

    def __init__(self, directory: Path, settings: Sequence[str] = SETTINGS) -> None:
        self.cluster = Cluster(_free_port())
        self._programs = _programs()
        self._as_server = _server_user(directory)
        self._log = directory / "log"
        self._data = directory / "data"
        trusting = ("--username", USER, "--auth", "trust")
        plain = ("--encoding", "UTF8", "--no-locale", "--no-sync")
        self._run("initdb", *trusting, *plain)
        port = self.cluster.port
        options = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories="]
        with (self._data / "postgresql.conf").open("a") as configuration:
            for option in (*options, *settings):
                name, value = option.split("=")
                configuration.write(f"{name} = '{value}'\n")

    def start(self) -> None:
        """Start it and wait until it answers, after a kill with what it had committed."""
        self._run("pg_ctl", "--log", str(self._log), "--wait", "start")

    def stop(self) -> None:
        """End it without ceremony."""
        self._run("pg_ctl", "--mode", "immediate", "--wait", "stop")

    def kill(self) -> None:
        """End the server and each of its processes as a power cut would."""
        server = int((self._data / "postmaster.pid").read_text().split()[0])
        for pid in (server, *_children(server)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "--pgdata", str(self._data), *arguments]
        _run([*self._as_server, *command])


@contextmanager
def private_server(settings: Sequence[str] = SETTINGS) -> Iterator[Server]:
    """Start a server and stop it at the end. RuntimeError when there is no PostgreSQL."""
    directory = Path(tempfile.mkdtemp(prefix="willcall-pg-"))
    try:
        server = Server(directory, settings)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """The same, for who only needs its databases."""
    with private_server() as server:
        yield server.cluster


def _children(parent: int) -> list[int]:
    """The processes that a process has started, as Linux tells."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if f"\nPPid:\t{parent}\n" in status.read_text():
                found.append(int(status.parent.name))
    return found


def _programs() -> Path:
    """The directory of the server's programs, of the newest version installed."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    pg_config = shutil.which("pg_config")
    if pg_config:
        candidates.append(Path(_run([pg_config, "--bindir"]).strip()))
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(installed, key=lambda path: _version(path.parent.name), reverse=True)
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "pg_ctl").exists():
            return candidate
    raise RuntimeError(MISSING)


def _version(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return 0


def _server_user(directory: Path) -> list[str]:
    """How to become a user that PostgreSQL starts for: it refuses to run as root."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(directory, user.pw_uid, user.pw_gid)
        if shutil.which("runuser"):
            return ["runuser", "-u", name, "--"]
        if shutil.which("setpriv"):
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
            return ["setpriv", *ids, "--clear-groups", "--"]
    raise RuntimeError("PostgreSQL does not start as root, and there is no user to start it as.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: Sequence[str]) -> str:
    """Run a program; its output ends up in the error when it fails."""
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            check=False,
        )
        output.seek(0)
        text = output.read()
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{text}")
    return text
