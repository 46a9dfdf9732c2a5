"""The pharmacy system's interface: records come in, refill requests go out."""

import asyncio
import hashlib
import hmac
import io
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.feed import json_lines
from bot.feed.fhir import reader
from bot.feed.fhir.options import options_of
from bot.gateway.errors import ApiError
from bot.gateway.keys import APP
from bot.services.feed_batch import Batch, FeedRejected, Finding
from bot.services.records import import_records
from bot.services.refill_feed import requests_after

log = logging.getLogger(__name__)
routes = web.RouteTableDef()
CHUNK = 64 * 1024
FHIR_TYPES = ("application/fhir+json", "application/fhir+ndjson")
GZIP = b"\x1f\x8b"


@routes.post("/feed/v1/records")
async def post_records(request: web.Request) -> web.Response:
    """Take in records, as JSON Lines or FHIR: all of them, or none and what is wrong."""
    authorize(request)
    app = request.app[APP]
    body = await _body(request, app.settings.max_feed_bytes)
    try:
        fhir = request.content_type in FHIR_TYPES
        read = asyncio.to_thread(_read_fhir, body, app) if fhir else asyncio.to_thread(_read, body)
        batch, mapped = await read
        report = await import_records(app.database, batch, app.now())
    except FeedRejected as rejected:
        return _refusal(rejected)
    except (SQLAlchemyError, OSError) as error:
        log.error("a feed could not be stored: %s", type(error).__name__)
        raise ApiError("feed_unavailable") from None
    return web.json_response(
        {
            "written": report.written,
            "warnings": [_public(warning) for warning in report.warnings],
            "warnings_total": report.warnings_total,
            **mapped,
        }
    )


@routes.get("/feed/v1/refill-requests")
async def get_refill_requests(request: web.Request) -> web.Response:
    """The refill requests after the id `after`, in the order in which they were placed."""
    authorize(request)
    after = _after(request)
    found = await requests_after(request.app[APP].database, after)
    return web.json_response(
        {
            "refill_requests": [each.public() for each in found],
            "last": found[-1].refill_request_id if found else after,
        }
    )


def authorize(request: web.Request) -> None:
    """Let the pharmacy's system pass, and nobody while no token is set. Raises ApiError."""
    token = request.app[APP].settings.feed_token
    if token is None:
        raise ApiError("feed_disabled")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(_digest(given.strip()), _digest(token))
    if scheme.lower() != "bearer" or not right:
        raise ApiError("unauthorized")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


async def _body(request: web.Request, limit: int) -> bytes:
    """The body, which may be larger than those of patients. Raises ApiError."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiError("feed_compressed")
    if (request.content_length or 0) > limit:
        raise ApiError("feed_too_large", limit=limit)
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > limit:
            raise ApiError("feed_too_large", limit=limit)
    if body.startswith(GZIP):
        raise ApiError("feed_compressed")
    return bytes(body)


def _read(body: bytes) -> tuple[Batch, Mapping[str, object]]:
    return json_lines.read(body.split(b"\n")), {}


def _read_fhir(body: bytes, app: Application) -> tuple[Batch, Mapping[str, object]]:
    """The records, and what could not be mapped."""
    with io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig") as text:
        batch, outcome = reader.read(text, options_of(app.settings), app.now())
    return batch, {"fhir": outcome.public()}


def _refusal(rejected: FeedRejected) -> web.Response:
    error = ApiError("feed_rejected")
    errors = [_public(each) for each in rejected.errors]
    body = {"error": {**error.body(), "errors": errors, "total": rejected.total}}
    return web.json_response(body, status=error.status)


def _public(finding: Finding) -> dict[str, Any]:
    return {"line": finding.line, "field": finding.field, "message": finding.message}


def _after(request: web.Request) -> int:
    given = request.query.get("after", "0")
    if not (given.isascii() and given.isdigit() and len(given) <= 10 and int(given) < 2**31):
        raise ApiError("bad_request")
    return int(given)
