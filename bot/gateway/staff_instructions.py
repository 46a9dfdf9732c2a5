"""What patients are told about using a medicine: written, approved and retired by pharmacists."""

from datetime import date
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
)

from bot.gateway.errors import ApiError
from bot.gateway.keys import APP
from bot.gateway.patient_api import read
from bot.gateway.patient_http import body_of
from bot.gateway.staff_access import endpoint, storable
from bot.pharmacy.instruction_policy import LONGEST_TEXT, TOPICS, is_clinical
from bot.pharmacy.instruction_topics import Topic
from bot.services import instruction_drafts, instruction_list, instruction_versions
from bot.services.audit import Actor
from bot.services.instruction_drafts import Draft, Invalid
from bot.services.instruction_list import Search
from bot.services.instruction_versions import (
    AlreadyDecided,
    Done,
    NeedsSecond,
    NotFound,
    ReviewDatePassed,
)
from bot.services.pharmacy_days import day_of
from bot.services.product_search import products_like

routes = web.RouteTableDef()
CODES: dict[type, str] = {
    NotFound: "not_found",
    AlreadyDecided: "already_decided",
    NeedsSecond: "needs_second_pharmacist",
    ReviewDatePassed: "review_date_passed",
}


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("is not one line")
    return text


def _web_address(text: str) -> str:
    if any(char.isspace() or char in "\"'<>\\" for char in text):
        raise ValueError("is not a web address")
    return text


_Stored = BeforeValidator(storable)
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT), _Stored
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_one_line), _Stored,
]  # fmt: skip
Source = Annotated[
    str, StringConstraints(max_length=2000, pattern=r"^https://[^/]"),
    AfterValidator(_web_address), _Stored,
]  # fmt: skip
Number = Annotated[int, Field(ge=1, lt=2**31)]


class Texts(BaseModel):
    """The text in every language that patients are answered in."""

    en: Text
    es: Text


class Written(BaseModel):
    """A draft as the console sends it."""

    topic: Topic | None = None
    texts: Texts
    source: Name
    source_url: Source | None = None
    review_due_on: date
    clinical: bool = False
    product_id: Name | None = None
    generic_name: Name | None = None
    form: Name | None = None
    series: Number | None = None


class Wanted(BaseModel):
    """Which instructions to list."""

    q: Annotated[str, StringConstraints(max_length=200)] = ""
    state: Literal["draft", "second", "active", "replaced", "retired"] | None = None
    topic: Topic | None = None
    expiring: Annotated[int, Field(ge=0, le=3650)] | None = None


@endpoint(routes, "GET", "/instructions", "pharmacist")
async def get_instructions(request: web.Request, _actor: Actor) -> web.Response:
    """One version of each instruction, and what came with the feed."""
    app = request.app[APP]
    given = {name: value for name, value in request.query.items() if value}
    wanted = read(Wanted, given, "en", "bad_request")
    search = Search(wanted.q, wanted.state, wanted.topic, wanted.expiring)
    today = day_of(app.now(), app.rules.timezone)
    found = await instruction_list.listed(app.database, search, today)
    topics = [
        {"name": name, "label": label, "clinical": is_clinical(name, flagged=False)}
        for name, label in TOPICS.items()
    ]
    return web.json_response(
        {"instructions": found.instructions, "topics": topics, "expiring": found.expiring}
    )


@endpoint(routes, "GET", "/instructions/{series}", "pharmacist")
async def get_versions(request: web.Request, _actor: Actor) -> web.Response:
    """Everything that was written for one medicine and topic."""
    series = _number(request.match_info["series"])
    found = await instruction_list.versions(request.app[APP].database, series)
    if not found:
        raise ApiError("not_found")
    return web.json_response({"versions": found})


@endpoint(routes, "POST", "/instructions", "pharmacist")
async def post_instruction(request: web.Request, actor: Actor) -> web.Response:
    """Write a draft."""
    app = request.app[APP]
    try:
        sent = Written.model_validate(await body_of(request))
    except ValidationError as error:
        return _invalid([".".join(map(str, item["loc"])) for item in error.errors()])
    draft = Draft(
        sent.topic, sent.texts.model_dump(), sent.source, sent.source_url, sent.review_due_on,
        sent.clinical, sent.product_id, sent.generic_name, sent.form, sent.series,
    )  # fmt: skip
    done = await instruction_drafts.write(app.database, actor, draft, app.rules.timezone, app.now())
    if isinstance(done, Invalid):
        return _invalid(done.fields)
    return await _answer(request, done, status=201)


@endpoint(routes, "POST", "/instructions/{id}/approve", "pharmacist")
async def post_approve(request: web.Request, actor: Actor) -> web.Response:
    """Approve a version; patients are told it at once unless it needs a second pharmacist."""
    app = request.app[APP]
    number = _number(request.match_info["id"])
    done = await instruction_versions.approve(
        app.database, actor, number, app.rules.timezone, app.now()
    )
    return await _answer(request, done)


@endpoint(routes, "POST", "/instructions/{id}/retire", "pharmacist")
async def post_retire(request: web.Request, actor: Actor) -> web.Response:
    """Have nobody told a version from now on."""
    app = request.app[APP]
    number = _number(request.match_info["id"])
    done = await instruction_versions.retire(app.database, actor, number, app.now())
    return await _answer(request, done)


@endpoint(routes, "GET", "/products", "pharmacist")
async def get_products(request: web.Request, _actor: Actor) -> web.Response:
    """The medicines of the catalogue, to choose one from."""
    query = storable(request.query.get("q", ""))[:200]
    async with request.app[APP].database.read() as session:
        found = await products_like(session, query)
    names = ("product_id", "generic_name", "strength", "form", "brand_names")
    shown = [{name: getattr(row, name) for name in names} for row in found]
    return web.json_response({"products": shown})


def _number(given: str) -> int:
    """A number in the path. Raises ApiError `not_found`."""
    if not given.isdecimal() or len(given) > 9:
        raise ApiError("not_found")
    return int(given)


def _invalid(fields: Any) -> web.Response:
    """What of a draft has to be corrected."""
    named = list(dict.fromkeys(fields))
    error = ApiError("instruction_invalid")
    body = {"error": {**error.body(), "fields": named}, "fields": named}
    return web.json_response(body, status=error.status)


async def _answer(request: web.Request, done: Any, status: int = 200) -> web.Response:
    """The version as it is now, or the error that says why nothing was done."""
    if not isinstance(done, Done):
        raise ApiError(CODES[type(done)])
    found = await instruction_list.one(request.app[APP].database, done.version_id)
    return web.json_response(found, status=status)
