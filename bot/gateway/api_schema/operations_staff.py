"""The endpoints of the staff interface."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from bot.gateway import (
    staff_audit,
    staff_conversations,
    staff_desk,
    staff_instructions,
    staff_numbers,
    staff_questions,
    staff_retention,
    staff_sessions,
)
from bot.gateway.api_schema import admin, desk, review, teaching
from bot.gateway.api_schema.common import Stored
from bot.gateway.api_schema.operation import Content, Operation
from bot.gateway.staff_access import STAFF

CSV = Content("text/csv")
SAID = ("text_empty", "text_too_long")
NONE = ("not_found",)
HELD = ("not_found", "already_closed", "not_holder")
DECIDING = ("not_found", "already_reviewed")
STREAM = Content(
    "text/event-stream",
    {
        "x-events": {
            "hello": {"$ref": "#/components/schemas/StreamHello"},
            "change": {"$ref": "#/components/schemas/StreamChange"},
            **{
                name: {"$ref": "#/components/schemas/StreamPassing"}
                for name in ("typing", "seen", "read", "questions", "models")
            },
            "reset": {"type": "object"},
        }
    },
)


class EscalationsQuery(BaseModel):
    """Which escalations: without a state, those that are open."""

    state: Literal["waiting", "claimed", "closed"] | None = None
    mine: Annotated[str, Field(description="`1` for one's own.")] | None = None


class AfterQuery(BaseModel):
    """The last event that is known; without it, everything."""

    after: Annotated[int, Field(ge=0, le=999_999_999)] | None = None


class StreamQuery(BaseModel):
    """The last change that is known, for a client that cannot send `Last-Event-ID`."""

    after: Annotated[int, Field(ge=0, lt=10**18)] | None = None


class QuestionsQuery(BaseModel):
    """Which questions, and whether the largest groups or the oldest come first."""

    status: Literal["new", "answered", "labelled", "dismissed"] = "new"
    kind: Literal["unanswered", "unsure", "not_helpful"] | None = None
    group_id: Annotated[int, Field(ge=0, le=999_999_999)] | None = None
    order: Literal["size", "age"] = "size"


class ProductsQuery(BaseModel):
    """What is looked for; the first 200 characters count."""

    q: str = ""


def _staff(tag: str, answers: dict[int, Any], *errors: str, **more: Any) -> Operation:
    return Operation(tag, answers, errors, security="staff", **more)


_SHOWN = {200: desk.Escalation}
_TAKEN = {200: review.Decision}
_VERSION = {200: teaching.InstructionShown}
_CARD = {200: teaching.WholeModelCard}
_ACCOUNT = {200: admin.Account}

_AFTER_PREFIX: dict[tuple[str, str], Operation] = {
    ("POST", "/login"): Operation(
        "signing in", {200: admin.SignedIn},
        ("sign_in_failed", "code_required", "sign_in_locked", "rate_limited", "origin_not_allowed"),
        staff_sessions.SentSignIn,
        notes="Sets the cookie `willcall_staff`; over HTTPS `__Host-willcall_staff`.",
    ),
    ("GET", "/session"): _staff("signing in", {200: admin.Session}),
    ("POST", "/password"): _staff(
        "signing in", {204: None},
        "password_wrong", "password_short", "password_long", "password_is_name", "password_common",
        "sign_in_locked", "rate_limited", body=staff_sessions.SentPassword,
    ),
    ("POST", "/logout"): _staff("signing in", {204: None}),
    ("POST", "/logout_everywhere"): _staff("signing in", {204: None}),
    ("GET", "/escalations"): _staff("desk", {200: desk.EscalationList}, query=EscalationsQuery),
    ("POST", "/escalations/{id}/claim"): _staff(
        "desk", _SHOWN, *NONE, "already_claimed", "already_closed"
    ),
    ("POST", "/escalations/{id}/release"): _staff("desk", _SHOWN, *HELD),
    ("POST", "/escalations/{id}/transfer"): _staff(
        "desk", _SHOWN, *HELD, "stays_with_pharmacist", "same_queue", body=staff_desk.Transfer
    ),
    ("POST", "/escalations/{id}/hand_back"): _staff("desk", _SHOWN, *HELD, "conversation_ended"),
    ("POST", "/escalations/{id}/close"): _staff("desk", _SHOWN, *HELD, body=staff_desk.Close),
    ("GET", "/conversations/{id}"): _staff(
        "desk", {200: desk.ConversationShown}, *NONE, query=AfterQuery
    ),
    ("POST", "/conversations/{id}/messages"): _staff(
        "desk", {202: Stored}, *NONE, *SAID, "not_holder", "conversation_ended",
        body=staff_conversations.Message,
    ),
    ("POST", "/conversations/{id}/notes"): _staff(
        "desk", {201: desk.StaffNote}, *NONE, "text_empty", body=staff_conversations.Note
    ),
    ("POST", "/conversations/{id}/typing"): _staff(
        "desk", {204: None}, *NONE, "not_holder", "conversation_ended"
    ),
    ("POST", "/conversations/{id}/seen"): _staff(
        "desk", {204: None}, *NONE, "not_holder", body=staff_conversations.Seen
    ),
    ("GET", "/conversations/{id}/canned"): _staff("desk", {200: desk.CannedReplies}, *NONE),
    ("POST", "/search"): _staff("desk", {200: desk.SearchResults}, body=staff_conversations.Search),
    ("GET", "/events"): _staff("desk", {200: STREAM}, query=StreamQuery),
    ("GET", "/questions"): _staff("review", {200: review.QuestionList}, query=QuestionsQuery),
    ("GET", "/intents"): _staff("review", {200: review.IntentList}),
    **{
        ("POST", f"/questions/{which}/{act}"): operation
        for which in ("{id}", "groups/{id}")
        for act, operation in {
            "answer": _staff(
                "review", _TAKEN, *DECIDING, *SAID, "conversation_ended",
                body=staff_questions.Answer,
            ),
            "label": _staff(
                "review", _TAKEN, *DECIDING, *SAID, "unknown_intent", "already_taught",
                body=staff_questions.Label,
            ),
            "dismiss": _staff("review", _TAKEN, *DECIDING),
        }.items()
    },
    ("POST", "/questions/reviews/{id}/undo"): _staff("review", _TAKEN, *DECIDING),
    ("GET", "/instructions"): _staff(
        "instructions", {200: teaching.InstructionList}, query=staff_instructions.Wanted
    ),
    ("GET", "/instructions/{series}"): _staff(
        "instructions", {200: teaching.InstructionVersions}, *NONE
    ),
    ("POST", "/instructions"): _staff(
        "instructions", {201: teaching.InstructionShown}, "not_found", "instruction_invalid",
        body=staff_instructions.Written,
    ),
    ("POST", "/instructions/{id}/approve"): _staff(
        "instructions", _VERSION, *NONE, "already_decided", "needs_second_pharmacist",
        "review_date_passed",
    ),
    ("POST", "/instructions/{id}/retire"): _staff(
        "instructions", _VERSION, *NONE, "already_decided"
    ),
    ("GET", "/products"): _staff("instructions", {200: teaching.ProductList}, query=ProductsQuery),
    ("GET", "/models"): _staff("models", {200: teaching.ModelList}),
    ("GET", "/models/{id}"): _staff("models", _CARD, *NONE),
    ("GET", "/models/reviewed.yml"): _staff("models", {200: Content("application/yaml")}),
    ("POST", "/models/train"): _staff(
        "models", {202: teaching.WholeModelCard}, "already_training", *NONE
    ),
    ("POST", "/models/{id}/activate"): _staff(
        "models", _CARD, *NONE, "refused_by_gate", "not_ready", "engine_unavailable"
    ),
    ("POST", "/models/rollback"): _staff(
        "models", _CARD, *NONE, "nothing_before", "not_ready", "engine_unavailable"
    ),
    ("GET", "/numbers"): _staff("numbers", {200: review.NumbersShown}, query=staff_numbers.Wanted),
    ("GET", "/numbers.csv"): _staff("numbers", {200: CSV}, query=staff_numbers.Wanted),
    ("GET", "/audit"): _staff("admin", {200: admin.AuditPage}, query=staff_audit.AuditQuery),
    ("GET", "/audit.csv"): _staff("admin", {200: CSV}, query=staff_audit.AuditQuery),
    ("GET", "/accounts"): _staff("admin", {200: admin.AccountList}),
    ("POST", "/accounts/{username}/disable"): _staff("admin", _ACCOUNT, *NONE, "own_account"),
    ("POST", "/accounts/{username}/enable"): _staff("admin", _ACCOUNT, *NONE),
    ("POST", "/accounts/{username}/unlock"): _staff("admin", _ACCOUNT, *NONE),
    ("POST", "/accounts/{username}/logout"): _staff("admin", _ACCOUNT, *NONE, "own_account"),
    ("GET", "/retention"): _staff("admin", {200: admin.RetentionShown}),
    ("POST", "/retention/export"): _staff(
        "admin", {200: admin.ConversationCopy}, *NONE, body=staff_retention.Chosen
    ),
    ("POST", "/retention/erase"): _staff(
        "admin", {204: None}, *NONE, "still_open", body=staff_retention.Erasing
    ),
}  # fmt: skip
OPERATIONS = {
    (method, STAFF + path): operation for (method, path), operation in _AFTER_PREFIX.items()
}
