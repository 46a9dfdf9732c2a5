"""Reads the command line and calls the command."""

import argparse
import sys
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from bot.cli import feed_import, purge, records, staff, teach
from bot.cli.model import EngineError
from bot.cli.staff_desk import StaffError
from bot.cli.talk import parse, print_escalations
from bot.logs import set_up
from bot.settings import Settings, SettingsError, load, unknown_variables

Command = Callable[[Settings, argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status is 0, 1 for a failure, 2 for a wrong call."""
    given = _parser().parse_args(arguments)
    try:
        settings = load()
    except SettingsError as error:
        return _complain(f"wrong settings:\n{error}", 2)
    if arguments is None:  # a process of its own
        set_up(settings.log_level, settings.log_format)
    for name in unknown_variables():
        print(f"willcall: {name} is not a setting; it has no effect", file=sys.stderr)
    command: Command = given.command
    try:
        return command(settings, given)
    except (EngineError, records.RecordsError, StaffError) as error:
        return _complain(str(error), 1)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
        return _complain(f"the database cannot be used: {reason}", 1)
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130


def _complain(message: str, status: int) -> int:
    print(f"willcall: {message}", file=sys.stderr)
    return status


def _run(settings: Settings, _given: argparse.Namespace) -> int:
    from bot.cli.run import CannotStartError, run  # noqa: PLC0415 - only this command needs honcho

    try:
        return run(settings)
    except CannotStartError as error:
        return _complain(str(error), 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="willcall", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    add("run", _run, "Start everything; Ctrl-C stops it.")
    add("migrate", records.migrate, "Bring the database to the present form.")
    add("train", teach.train, "Train the model if its sources have changed; print its path.")
    teaching = add("teach", teach.teach, "Train a model with what pharmacists approved; test it.")
    teaching.add_argument("--activate", action="store_true", help="use it if it passes the test")
    reading = add(
        "parse", parse, "Read messages from standard input, one a line; print what is understood."
    )
    reading.add_argument("--explain", action="store_true", help="as a text for people, with why")
    escalations = add("escalations", print_escalations, "List what waits for a person.")
    escalations.add_argument("--json", action="store_true", help="one JSON object a line")
    escalations.add_argument("--all", action="store_true", help="closed ones as well")
    people = "Who may sign in at the desk."
    staff.declare(commands.add_parser("staff", help=people, description=people))
    keeping = "Delete what has been kept long enough."
    purge.declare(commands.add_parser("purge", help=keeping, description=keeping))
    demo = add("demo", records.seed, "The demonstration pharmacy.")
    demo.add_argument("what", choices=["seed"])
    feed_import.declare(add("feed", feed_import.import_files, "Take in the pharmacy's records."))
    return parser
