"""`willcall purge`: deletes what has been kept long enough, or one chat because of a wish."""

import argparse
import json

from bot.bootstrap import Application
from bot.cli.staff_desk import StaffError, with_desk
from bot.services import erasure, retention
from bot.services.erasure import Erased, NotFound, StillOpen
from bot.services.retention import Counts
from bot.settings import Settings


def declare(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="only say what is due")
    what.add_argument("--export", metavar="CONVERSATION", help="print a copy for the patient")
    what.add_argument("--erase", metavar="CONVERSATION", help="delete one chat now")
    parser.add_argument("--reason", help="why it is erased; kept in the audit")
    parser.set_defaults(command=purge)


def purge(settings: Settings, given: argparse.Namespace) -> int:
    """Do what the options say."""
    if given.export:
        return _export(settings, given.export)
    if given.erase:
        return _erase(settings, given.erase, given.reason)

    async def work(app: Application) -> Counts:
        act = retention.due if given.dry_run else retention.purge
        return await act(app.database, app.keeping, app.now())

    counts = with_desk(settings, work)
    told = "due" if given.dry_run else "deleted"
    print(f"conversations: {counts.conversations} {told}\nquestions: {counts.questions} {told}")
    return 0


def _export(settings: Settings, conversation_id: str) -> int:
    found = with_desk(
        settings, lambda app: erasure.export(app.database, None, conversation_id, app.now())
    )
    if isinstance(found, NotFound):
        raise StaffError(f"there is no conversation {conversation_id!r}")
    print(json.dumps(found, ensure_ascii=False, indent=2))
    return 0


def _erase(settings: Settings, conversation_id: str, reason: str | None) -> int:
    if not reason:
        raise StaffError("say why it is erased: --reason TEXT; nothing was deleted")
    done: Erased | NotFound | StillOpen = with_desk(
        settings, lambda app: erasure.erase(app.database, None, conversation_id, reason, app.now())
    )
    match done:
        case NotFound():
            raise StaffError(f"there is no conversation {conversation_id!r}")
        case StillOpen():
            raise StaffError("a question of it is still open; nothing was deleted")
        case Erased():
            print(f"{conversation_id} is erased.")
    return 0
