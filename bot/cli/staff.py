"""`willcall staff`: who may sign in at the desk."""

import argparse
import sys
from collections.abc import Callable

from bot.bootstrap import Application
from bot.cli.staff_desk import StaffError, typed_code, typed_password, with_desk
from bot.pharmacy.desk import ROLES
from bot.services import account_list, accounts, passwords, second_factor
from bot.services.account_list import Account
from bot.services.accounts import Reason, Refused, Unknown
from bot.settings import Settings

Command = Callable[[Settings, argparse.Namespace], int]
COLUMNS = ("name", "role", "display name", "state", "second factor", "sessions")
REASONS: dict[Reason, str] = {
    "username": "a name has 2 to 40 of the characters a-z, 0-9, dot, underscore and hyphen",
    "display_name": f"a display name has 1 to {accounts.LONGEST_NAME} characters, on one line",
    "role": f"the roles are {', '.join(ROLES)}",
    "taken": "there is an account of this name already",
    "password_short": f"a password has at least {passwords.SHORTEST} characters",
    "password_long": f"a password has at most {passwords.LONGEST} characters",
    "password_is_name": "the password is the name",
    "password_common": "that password is one of the first that anybody would try",
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Describe the subcommands."""
    commands = parser.add_subparsers(required=True)

    def add(
        name: str, command: Command, text: str, *, named: bool = True
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        if named:
            sub.add_argument("name", type=str.lower, help="what the person signs in with")
        return sub

    adding = add("add", add_account, "Make an account; asks for its password.")
    adding.add_argument("--role", required=True, choices=ROLES)
    adding.add_argument("--display-name", help="what patients and colleagues read")
    add("list", print_accounts, "List the accounts.", named=False)
    changing = add("password", set_password, "Set another password; ends the sessions.")
    for each in (adding, changing):
        text = "read the password from standard input"
        each.add_argument("--password-stdin", action="store_true", help=text)
    add("disable", disable, "Shut an account and end its sessions.")
    add("enable", enable, "Open an account again.")
    add("unlock", unlock, "Forget the failed sign-ins of an account.")
    totp = add("totp", set_second_factor, "Set up codes of an authenticator app for signing in.")
    totp.add_argument("--remove", action="store_true", help="take them away, as for a lost phone")
    totp.add_argument("--no-confirm", action="store_true", help="do not ask for a first code")


def add_account(settings: Settings, given: argparse.Namespace) -> int:
    """Make an account."""
    if with_desk(settings, lambda app: _find(app, given.name)):
        raise StaffError(f"no account was made: {REASONS['taken']}")
    password = typed_password(from_stdin=given.password_stdin)
    display_name = given.display_name or given.name.replace(".", " ").title()
    outcome = with_desk(
        settings,
        lambda app: accounts.create(
            app.database, given.name, display_name, given.role, password, None, app.now()
        ),
    )
    if isinstance(outcome, Refused):
        raise StaffError(f"no account was made: {REASONS[outcome.reason]}")
    print(f"{outcome.username} may sign in, as {given.role}.")
    return 0


def print_accounts(settings: Settings, _given: argparse.Namespace) -> int:
    """List the accounts."""
    found = with_desk(
        settings, lambda app: account_list.listed(app.database, app.sign_in_rules, app.now())
    )
    if not found:
        print("There is no account yet; willcall staff add makes one.")
        return 0
    table = [COLUMNS, *(_cells(account) for account in found)]
    widths = [max(len(line[at]) for line in table) for at in range(len(COLUMNS))]
    for line in table:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    return 0


def set_password(settings: Settings, given: argparse.Namespace) -> int:
    """Set another password."""
    _must_exist(settings, given.name)
    password = typed_password(from_stdin=given.password_stdin)
    outcome = with_desk(
        settings,
        lambda app: accounts.set_password(
            app.database, given.name, password, None, app.now(), app.let_go
        ),
    )
    if isinstance(outcome, Refused):
        raise StaffError(f"the password was not changed: {REASONS[outcome.reason]}")
    return _told(outcome, given.name, "has another password. All sessions have ended.")


def disable(settings: Settings, given: argparse.Namespace) -> int:
    """Shut an account."""
    outcome = with_desk(
        settings,
        lambda app: accounts.disable(app.database, given.name, None, app.now(), app.let_go),
    )
    return _told(outcome, given.name, "is disabled. All sessions have ended.")


def enable(settings: Settings, given: argparse.Namespace) -> int:
    """Open an account again."""
    outcome = with_desk(
        settings, lambda app: accounts.enable(app.database, given.name, None, app.now())
    )
    return _told(outcome, given.name, "may sign in again.")


def unlock(settings: Settings, given: argparse.Namespace) -> int:
    """Forget failed sign-ins."""
    outcome = with_desk(
        settings, lambda app: accounts.unlock(app.database, given.name, None, app.now())
    )
    return _told(outcome, given.name, "may try again at once.")


def set_second_factor(settings: Settings, given: argparse.Namespace) -> int:
    """Set up a second factor, or take it away."""
    _must_exist(settings, given.name)
    if given.remove:
        removed = with_desk(
            settings, lambda app: second_factor.remove(app.database, given.name, None, app.now())
        )
        return _told(removed, given.name, "signs in without a code from now on.")
    secret = second_factor.new_secret()
    print(f"secret: {secret}\n{second_factor.address_of(secret, given.name)}", flush=True)
    code = None if given.no_confirm else typed_code()
    outcome = with_desk(
        settings,
        lambda app: second_factor.set_up(
            app.database, given.name, secret, code, None, app.now(), app.sign_in_rules.seal
        ),
    )
    if isinstance(outcome, second_factor.WrongCode):
        raise StaffError("that code is wrong; nothing was changed")
    if not settings.secret_keys:
        print("Its secret is stored unencrypted: WILLCALL_SECRET_KEY is not set.", file=sys.stderr)
    return _told(outcome, given.name, "signs in with a code from now on.")


async def _find(app: Application, name: str) -> Account | None:
    return await account_list.found(app.database, name, app.sign_in_rules, app.now())


def _must_exist(settings: Settings, name: str) -> None:
    if with_desk(settings, lambda app: _find(app, name)) is None:
        _told(Unknown(), name, "")


def _told(outcome: object, name: str, text: str) -> int:
    if isinstance(outcome, Unknown):
        raise StaffError(f"there is no account {name!r}; willcall staff list names them")
    print(f"{name} {text}")
    return 0


def _cells(account: Account) -> tuple[str, ...]:
    state = "disabled" if account.disabled_at else "locked" if account.locked else "active"
    return (
        account.username, account.role, account.display_name,
        f"{state}, demonstration" if account.demo else state,
        "yes" if account.second_factor else "no", str(account.sessions),
    )  # fmt: skip
