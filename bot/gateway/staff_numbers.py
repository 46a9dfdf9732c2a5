"""How the assistant does, in numbers, for pharmacists."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from bot.gateway import csv_text
from bot.gateway.keys import APP
from bot.gateway.patient_api import read
from bot.gateway.staff_access import endpoint
from bot.pharmacy import intents, reasons
from bot.services.audit import Actor
from bot.services.numbers import COUNTS, NOT_UNDERSTOOD, Day, Numbers, numbers

routes = web.RouteTableDef()
COLUMNS = ("day", *COUNTS)
LABELS = {intent.name: intent.label for intent in intents.INTENTS}
LABELS[NOT_UNDERSTOOD] = reasons.label("low_confidence")


class Wanted(BaseModel):
    """How many days, of which today is the last."""

    days: Annotated[int, Field(ge=1, le=365)] = 30


@endpoint(routes, "GET", "/numbers", "pharmacist")
async def get_numbers(request: web.Request, _actor: Actor) -> web.Response:
    """The numbers of the last days."""
    found = await _numbers(request)
    return web.json_response(
        {
            "days": [dict(zip(COLUMNS, row, strict=True)) for row in _rows(found.days)],
            "intents": [
                {"intent": name, "label": LABELS.get(name) or reasons.label(name), "asked": many}
                for name, many in found.intents
            ],
            "first_answer": {
                **asdict(found.first_answer),
                "by_queue": {queue: asdict(wait) for queue, wait in found.by_queue.items()},
            },
            "topics": [asdict(topic) for topic in found.topics],
            "feedback": {"helpful": found.helpful, "not_helpful": found.not_helpful},
        }
    )


@endpoint(routes, "GET", "/numbers.csv", "pharmacist")
async def get_numbers_csv(request: web.Request, _actor: Actor) -> web.Response:
    """The days as a table."""
    found = await _numbers(request)
    body = csv_text.lines([COLUMNS, *_rows(found.days)])
    return web.Response(body=body, headers=csv_text.headers("numbers.csv"))


async def _numbers(request: web.Request) -> Numbers:
    app = request.app[APP]
    given = {name: value for name, value in request.query.items() if value}
    days = read(Wanted, given, "en", "bad_request").days
    return await numbers(app.database, days, app.rules.timezone, app.now())


def _rows(days: Iterable[Day]) -> list[list[Any]]:
    return [[day.day.isoformat(), *(getattr(day, name) for name in COUNTS)] for day in days]
