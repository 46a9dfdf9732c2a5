"""Who a question about storing a medicine ends with: that depends on what has been approved."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application, build
from bot.pharmacy.language import LOCALE_OF, identify
from bot.pharmacy.routes import Route
from bot.services.instructions import first_route
from bot.settings import Settings

SQLITE = "sqlite:///"


def storage_routes(settings: Settings, texts: Sequence[str]) -> dict[str, Route]:
    """The route of each text as a first message, from the records of the database.

    Without a database there is no route by records, and the answer is empty.
    """
    if not texts or not _is_there(settings.database):
        return {}
    return asyncio.run(_routes(settings, texts))


async def _routes(settings: Settings, texts: Sequence[str]) -> dict[str, Route]:
    app = build(settings)
    try:
        return await _read(app, texts)
    except SQLAlchemyError as error:
        print(
            f"willcall: the records cannot be read ({type(error).__name__}): questions about"
            " storing a medicine are routed as if there were none",
            file=sys.stderr,
        )
        return {}
    finally:
        await app.database.close()


async def _read(app: Application, texts: Sequence[str]) -> dict[str, Route]:
    today = app.now().astimezone(ZoneInfo(app.rules.timezone)).date()
    async with app.database.read() as session:
        return {
            text: await first_route(session, app.catalogue, text, _locale(text), today)
            for text in dict.fromkeys(texts)
        }


def _locale(text: str) -> str:
    """The language in which a chat goes on that began in English."""
    return LOCALE_OF.get(identify(text), "en")


def _is_there(url: str) -> bool:
    """Whether a database may be opened: opening a SQLite file would create it."""
    return not url.startswith(SQLITE) or Path(url.removeprefix(SQLITE)).is_file()
