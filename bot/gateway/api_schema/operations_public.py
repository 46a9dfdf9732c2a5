"""The endpoints of patients' devices, of the pharmacy's system, and of operators."""

from typing import Annotated, Literal, NotRequired, TypedDict

from pydantic import BaseModel, Field

from bot.gateway.api_schema.admin import Ready
from bot.gateway.api_schema.chat import ChatEvent
from bot.gateway.api_schema.common import Instant, Stored
from bot.gateway.api_schema.operation import Content, Operation
from bot.gateway.patient_api import SentChoice, SentFeedback, SentIdentity, SentMessage
from bot.gateway.patient_http import API, LONGEST_WAIT

SAID = ("text_empty", "text_too_long", "rate_limited")
CLOSE_CODES = {
    "1001": "The gateway stops, or this socket is to connect again: resume with `hello.after`.",
    "1009": "A frame above 1 MiB.",
    "4401": "The first frame was refused; the reason is the code of the error frame before it.",
}


class Opening(BaseModel):
    """The language of the chat's fixed texts, such as `es` or `es-MX`; unknown ones get English."""

    locale: str = "en"


class Opened(TypedDict):
    """A new conversation. The secret is told here and nowhere else."""

    conversation_id: str
    secret: str
    locale: str


class EventsQuery(BaseModel):
    """Which events, and how long to wait for the first one, in seconds."""

    after: Annotated[float, Field(ge=0, lt=2**31)] = 0
    wait: Annotated[
        float, Field(ge=0, lt=2**31, description=f"More than {LONGEST_WAIT:g} count as that.")
    ] = 0


class ChatEvents(TypedDict):
    """What follows, in order; at most 500."""

    events: list[ChatEvent]


class Confirmed(TypedDict):
    """Identity is confirmed, and asked for again after `until`."""

    verified: Literal[True]
    until: Instant


class RequestsQuery(BaseModel):
    """The last id that is known."""

    after: Annotated[int, Field(ge=0, lt=2**31)] = 0


class RefillRequest(TypedDict):
    """A refill request that a patient has placed."""

    refill_request_id: int
    rx_number: str
    kind: Literal["refill", "renewal"]
    status: Literal["placed", "accepted", "rejected", "cancelled"]
    reason: str | None
    placed_at: Instant
    decided_at: Instant | None


class RefillRequests(TypedDict):
    """At most 500; `last` goes into `after` for the following page."""

    refill_requests: list[RefillRequest]
    last: int


class Finding(TypedDict):
    """Something about a line of a feed; the field is empty for the line as a whole."""

    line: int
    field: str
    message: str


class NotMapped(TypedDict):
    """Resources of one type that lost something for one reason, with some of their ids."""

    resource: str
    reason: str
    count: int
    examples: list[str]


class FhirMapped(TypedDict):
    """What was read of FHIR by type, and what could not be mapped."""

    resources: dict[str, int]
    not_read: dict[str, int]
    left_out: list[NotMapped]
    coarse: list[NotMapped]


class Imported(TypedDict):
    """How many records of each type were written, and what Willcall has no words for."""

    written: dict[str, int]
    warnings: list[Finding]
    warnings_total: int
    fhir: NotRequired[FhirMapped]


class Alive(TypedDict):
    """The process runs."""

    status: Literal["ok"]


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/api/v1/openapi.json"): Operation("operation", {200: dict}),
    ("GET", "/healthz"): Operation("operation", {200: Alive}),
    ("GET", "/readyz"): Operation("operation", {200: Ready, 503: Ready}),
    ("POST", API): Operation(
        "patient", {201: Opened}, ("too_many_conversations",), Opening, body_required=False
    ),
    ("GET", API + "/{id}/socket"): Operation(
        "patient",
        {101: None},
        ("bad_request",),
        notes="A WebSocket. `x-websocket` names the frames of both directions.",
        extra={
            "x-websocket": {
                "send": {"$ref": "#/components/schemas/ClientFrame"},
                "receive": {"$ref": "#/components/schemas/ServerFrame"},
                "close-codes": CLOSE_CODES,
            }
        },
    ),
    ("POST", API + "/{id}/messages"): Operation(
        "patient", {202: Stored}, SAID, SentMessage, security="conversation"
    ),
    ("POST", API + "/{id}/choices"): Operation(
        "patient", {202: Stored}, ("unknown_choice", "rate_limited"), SentChoice,
        security="conversation",
    ),
    ("GET", API + "/{id}/events"): Operation(
        "patient", {200: ChatEvents}, query=EventsQuery, security="conversation"
    ),
    ("POST", API + "/{id}/feedback"): Operation(
        "patient", {204: None}, ("unknown_event", "rate_limited"), SentFeedback,
        security="conversation",
    ),
    ("POST", API + "/{id}/identity"): Operation(
        "patient", {200: Confirmed},
        ("identity_invalid", "identity_not_confirmed", "identity_locked"), SentIdentity,
        security="conversation",
    ),
    ("DELETE", API + "/{id}"): Operation("patient", {204: None}, security="conversation"),
    ("POST", "/feed/v1/records"): Operation(
        "feed", {200: Imported},
        ("feed_too_large", "feed_compressed", "feed_rejected", "feed_unavailable"),
        Content("application/x-ndjson", {"x-line": {"$ref": "#/components/schemas/Record"}}),
        security="feed",
        notes="All records or none. `application/fhir+json` and `application/fhir+ndjson` are read "
        "as FHIR R4, any other content type as JSON Lines.",
    ),
    ("GET", "/feed/v1/refill-requests"): Operation(
        "feed", {200: RefillRequests}, query=RequestsQuery, security="feed"
    ),
}  # fmt: skip
