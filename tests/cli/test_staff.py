"""`willcall staff`, as an operator calls it, and what the demonstration makes of accounts."""

import io
import os
import pty
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest

from bot.cli.main import main
from bot.cli.records import prepare_database
from bot.cli.run import ready_text
from bot.services.demo_accounts import PEOPLE
from bot.settings import Settings
from tests.cli.test_commands import WILLCALL
from tests.staff import PASSWORD


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture
def willcall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Calls a command in this process: a process of its own would take seconds to start."""
    monkeypatch.setenv("WILLCALL_DATA_DIR", str(tmp_path))

    def calling(*arguments: str, given: str = "", **settings: str) -> Said:
        with monkeypatch.context() as during:
            during.setattr("sys.stdin", io.StringIO(given))
            for name, value in settings.items():
                during.setenv(name, value)
            status = main(list(arguments))
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return calling


@pytest.fixture
def staff(willcall: Call, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls `willcall staff` on a migrated database."""
    monkeypatch.setenv("WILLCALL_DATABASE_URL", database_url)
    return lambda *arguments, **more: willcall("staff", *arguments, **more)


def add(staff: Call, name: str = "paul", role: str = "pharmacist") -> None:
    done = staff("add", name, "--role", role, "--password-stdin", given=f"{PASSWORD}\n")
    assert done.status == 0, done.err


def test_from_the_first_account_to_the_last_step(staff: Call) -> None:
    assert staff("list").out == "There is no account yet; willcall staff add makes one.\n"
    done = staff(
        "add", "Paul.K", "--role", "pharmacist", "--display-name", "Paul Kim", "--password-stdin",
        given=f"{PASSWORD}\n",
    )  # fmt: skip
    assert (done.status, done.out) == (0, "paul.k may sign in, as pharmacist.\n")
    add(staff, "tina", "technician")
    done = staff("password", "paul.k", "--password-stdin", given="another password\r\n")
    assert done.out == "paul.k has another password. All sessions have ended.\n"
    assert staff("disable", "tina").out == "tina is disabled. All sessions have ended.\n"
    assert [line.split() for line in staff("list").out.splitlines()] == [
        "name role display name state second factor sessions".split(),
        "paul.k pharmacist Paul Kim active no 0".split(),
        "tina technician Tina disabled no 0".split(),
    ]
    assert staff("enable", "tina").out == "tina may sign in again.\n"
    assert staff("unlock", "tina").out == "tina may try again at once.\n"
    assert "disabled" not in staff("list").out


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("add", "x", "--role", "admin", "--password-stdin"), PASSWORD, "a name has 2 to 40"),
        (("add", "zoe", "--role", "admin", "--password-stdin"), "short", "at least 12"),
        (("add", "zoe", "--role", "admin", "--password-stdin"), "", "at least 12"),
        (("add", "paul", "--role", "admin", "--password-stdin"), PASSWORD, "already"),
        (("password", "paul", "--password-stdin"), "password1234", "first that anybody"),
        (("password", "nobody", "--password-stdin"), PASSWORD, "no account 'nobody'"),
        (("disable", "nobody"), "", "no account 'nobody'"),
        (("enable", "nobody"), "", "no account 'nobody'"),
        (("unlock", "nobody"), "", "no account 'nobody'"),
        (("totp", "nobody"), "", "no account 'nobody'"),
        (("totp", "nobody", "--remove"), "", "no account 'nobody'"),
        (("totp", "paul"), "000000\n", "that code is wrong"),
        (("totp", "paul"), "", "no code was typed"),
    ],
)
def test_what_is_refused_is_said(
    staff: Call, arguments: tuple[str, ...], given: str, said: str
) -> None:
    add(staff)
    done = staff(*arguments, given=given)
    assert done.status == 1
    assert said in done.err
    assert PASSWORD not in done.err + done.out
    listed = staff("list").out.splitlines()
    assert [line.split() for line in listed[1:]] == ["paul pharmacist Paul active no 0".split()]


def test_a_role_that_does_not_exist_is_a_wrong_call(
    staff: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        staff("add", "zoe", "--role", "owner", "--password-stdin", given=PASSWORD)
    assert ended.value.code == 2
    assert "pharmacist" in capsys.readouterr().err


def test_a_second_factor(staff: Call) -> None:
    add(staff)
    done = staff("totp", "paul", "--no-confirm")
    secret, address = done.out.splitlines()[:2]
    secret = secret.removeprefix("secret: ")
    assert address == f"otpauth://totp/Willcall:paul?secret={secret}&issuer=Willcall"
    assert len(pyotp.TOTP(secret).at(datetime.now(UTC))) == 6
    assert "yes" in staff("list").out
    done = staff("totp", "paul", "--remove")
    assert done.out == "paul signs in without a code from now on.\n"
    assert "yes" not in staff("list").out


def test_a_second_factor_is_confirmed_with_a_first_code(
    staff: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(staff)
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    monkeypatch.setattr("bot.services.second_factor.new_secret", lambda: secret)
    code = pyotp.TOTP(secret).at(datetime.now(UTC))
    done = staff("totp", "paul", given=f"{code}\n")
    assert (done.status, done.out.splitlines()[0]) == (0, f"secret: {secret}")
    assert done.out.endswith("paul signs in with a code from now on.\n")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([PASSWORD, PASSWORD], "zoe may sign in"),
        ([PASSWORD, "other"], "not the same"),
        ([], "no password was typed"),
    ],
)
def test_a_password_is_typed_twice(
    staff: Call, monkeypatch: pytest.MonkeyPatch, typed: list[str], said: str
) -> None:
    answers = iter(typed)

    def getpass(_prompt: str) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("getpass.getpass", getpass)
    done = staff("add", "zoe", "--role", "admin")
    assert said in done.out + done.err
    assert len(staff("list").out.splitlines()) == (2 if done.status == 0 else 1)


def test_a_password_is_not_shown_at_a_terminal(sqlite_url: str) -> None:
    terminal = Terminal(sqlite_url, "add", "zoe", "--role", "admin")
    for prompt in ("Password: ", "The same again: "):
        terminal.until(prompt)
        terminal.type(PASSWORD)
    assert "zoe may sign in" in terminal.rest()
    assert PASSWORD not in terminal.seen


class Terminal:
    """A command at a terminal, which is where passwords are typed."""

    def __init__(self, database_url: str, *arguments: str) -> None:
        self.seen = ""
        environment = os.environ | {"WILLCALL_DATABASE_URL": database_url}
        pid, self._file = pty.fork()
        if pid == 0:
            os.execve(WILLCALL, [str(WILLCALL), "staff", *arguments], environment)
        self._pid = pid

    def until(self, text: str) -> str:
        """Everything that has been shown, once this has."""
        while text not in self.seen:
            piece = os.read(self._file, 4096)
            assert piece, self.seen
            self.seen += piece.decode()
        return self.seen

    def type(self, text: str) -> None:
        """A line of input."""
        os.write(self._file, f"{text}\n".encode())

    def rest(self) -> str:
        """Everything up to the end of the command."""
        try:
            while piece := os.read(self._file, 4096):
                self.seen += piece.decode()
        except OSError:  # how Linux says that the other side has closed
            pass
        os.close(self._file)
        os.waitpid(self._pid, 0)
        return self.seen


def test_a_database_that_is_not_migrated_is_said(
    willcall: Call, tmp_path: Path, empty_database_url: str
) -> None:
    for arguments in (("list",), ("add", "paul", "--role", "admin", "--password-stdin")):
        done = willcall(
            "staff", *arguments, given=PASSWORD, WILLCALL_DATABASE_URL=empty_database_url
        )
        assert done.status == 1
        assert "willcall migrate" in done.err
    assert list(tmp_path.iterdir()) == [], "a file was created"


class TestDemonstration:
    @pytest.fixture
    def settings(self, tmp_path: Path, database_url: str) -> Settings:
        return Settings(data_dir=tmp_path, database_url=database_url)

    def test_three_people_are_made_and_told(self, settings: Settings) -> None:
        for _ in range(2):
            people = prepare_database(settings)
            assert list(people) == list(PEOPLE)
        text = ready_text("http://127.0.0.1:8080", people)
        assert text.startswith("Willcall is ready at http://127.0.0.1:8080\n")
        assert "  paul  willcall-demo-paul  (pharmacist)" in text
        assert ready_text("http://h", ()) == "Willcall is ready at http://h"

    def test_not_beside_accounts_of_ones_own(self, settings: Settings, staff: Call) -> None:
        add(staff, "zoe", "admin")
        assert list(prepare_database(settings)) == []

    def test_outside_they_are_disabled_and_that_is_said(
        self, settings: Settings, staff: Call, capsys: pytest.CaptureFixture[str]
    ) -> None:
        prepare_database(settings)
        capsys.readouterr()
        strict = settings.model_copy(update={"demo": False})
        assert list(prepare_database(strict)) == []
        assert "disabled: ada, paul, tina" in capsys.readouterr().err
        assert list(prepare_database(strict)) == []
        assert capsys.readouterr().err == ""
        assert staff("list").out.count("disabled, demonstration") == 3

    def test_seeding_makes_them_too(self, willcall: Call, tmp_path: Path) -> None:
        assert willcall("demo", "seed").status == 0
        assert willcall("staff", "list").out.count("active, demonstration") == 3
        empty = {"WILLCALL_DATA_DIR": str(tmp_path / "other"), "WILLCALL_DEMO": "0"}
        assert willcall("demo", "seed", **empty).status == 0
        assert "no account yet" in willcall("staff", "list", **empty).out
