"""The audit for the admin, as pages and as CSV. Reading it is written into it."""

import logging
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints
from sqlalchemy.exc import SQLAlchemyError

from bot.gateway import csv_text
from bot.gateway.keys import APP
from bot.gateway.patient_api import read
from bot.gateway.staff_access import endpoint
from bot.services import audit
from bot.services.audit import Actor, Filters
from bot.services.instants import instant

log = logging.getLogger(__name__)
routes = web.RouteTableDef()

PAGE = 200
COLUMNS = (
    "entry_id", "at", "username", "role", "action", "outcome", "conversation_id",
    "escalation_id", "address", "detail",
)  # fmt: skip


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


Word = Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,64}$")]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class AuditQuery(BaseModel):
    """Which entries; times with their zone, `until` not included."""

    username: Word | None = None
    action: Word | None = None
    outcome: Word | None = None
    conversation_id: Word | None = None
    since: Moment | None = None
    until: Moment | None = None
    before: Annotated[int, Field(ge=1, lt=2**31)] | None = None


@endpoint(routes, "GET", "/audit", "admin")
async def get_audit(request: web.Request, actor: Actor) -> web.Response:
    """A page of entries, newest first; `next` continues it."""
    app = request.app[APP]
    filters = _filters(request)
    async with app.database.write() as session:
        found = await audit.listed(session, filters, PAGE + 1)
        audit.record(session, "audit_read", app.now(), actor=actor, filters=_told(filters))
    entries = found[:PAGE]
    return web.json_response(
        {
            "entries": [_public(entry) for entry in entries],
            "next": entries[-1].entry_id if len(found) > PAGE else None,
        }
    )


@endpoint(routes, "GET", "/audit.csv", "admin")
async def get_audit_csv(request: web.Request, actor: Actor) -> web.StreamResponse:
    """Every entry that fits, page by page: there may be more than memory should hold."""
    app = request.app[APP]
    filters = _filters(request)
    async with app.database.write() as session:
        audit.record(session, "audit_exported", app.now(), actor=actor, filters=_told(filters))
    response = web.StreamResponse(headers=csv_text.headers("audit.csv"))
    await response.prepare(request)
    await response.write(csv_text.lines([COLUMNS]))
    try:
        while True:
            async with app.database.read() as session:
                found = await audit.listed(session, filters, PAGE)
            rows = (_public(entry).values() for entry in found)
            await response.write(csv_text.lines(rows))
            if len(found) < PAGE:
                break
            filters = replace(filters, before_id=found[-1].entry_id)
    except (SQLAlchemyError, OSError) as error:
        # It has begun: only a broken connection tells the reader that something is missing.
        log.error("the audit could not be written out: %s", type(error).__name__)
        if request.transport is not None:
            request.transport.abort()
    return response


def _filters(request: web.Request) -> Filters:
    given = {name: value for name, value in request.query.items() if value}
    query = read(AuditQuery, given, "en", "bad_request")
    return Filters(
        query.username, query.action, query.outcome, query.conversation_id, query.since,
        query.until, query.before,
    )  # fmt: skip


def _told(filters: Filters) -> dict[str, Any]:
    """The filters for the audit itself."""
    return {
        name: instant(value) if isinstance(value, datetime) else value
        for name, value in asdict(filters).items()
        if value is not None
    }


def _public(entry: object) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in COLUMNS}
    return values | {"at": instant(values["at"])}
