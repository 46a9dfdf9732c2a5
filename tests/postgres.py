"""A PostgreSQL of the tests' own: started in a temporary directory, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """Start a server and stop it at the end. RuntimeError when there is no PostgreSQL."""
    programs = _programs()
    directory = Path(tempfile.mkdtemp(prefix="willcall-pg-"))
    port = _free_port()
    try:
        as_server = _server_user(directory)
        data = directory / "data"
        trusting = ("--username", USER, "--auth", "trust")
        plain = ("--encoding", "UTF8", "--no-locale", "--no-sync")
        _run([*as_server, str(programs / "initdb"), "--pgdata", str(data), *trusting, *plain])
        options = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories="]
        with (data / "postgresql.conf").open("a") as configuration:
            for option in (*options, *SETTINGS):
                name, value = option.split("=")
                configuration.write(f"{name} = '{value}'\n")
        control = [*as_server, str(programs / "pg_ctl"), "--pgdata", str(data)]
        _run([*control, "--log", str(directory / "log"), "--wait", "start"])
        try:
            yield Cluster(port)
        finally:
            _run([*control, "--mode", "immediate", "--wait", "stop"])
    finally:
        shutil.rmtree(directory, ignore_errors=True)


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
