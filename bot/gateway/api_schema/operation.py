"""What the document says of one endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

Security = Literal["conversation", "staff", "feed"]
JSON = "application/json"

# What these refusals tell beside code and message: within `error`, and beside it.
WITHIN: dict[str, dict[str, Any]] = {
    "already_claimed": {"holder": {"type": "string"}},
    "already_reviewed": {"reviewer": {"type": "string"}},
    "instruction_invalid": {"fields": {"type": "array", "items": {"type": "string"}}},
    "feed_rejected": {
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Finding"}},
        "total": {"type": "integer"},
    },
}
BESIDE: dict[str, dict[str, Any]] = {
    **{code: WITHIN[code] for code in ("already_claimed", "already_reviewed")},
    "instruction_invalid": WITHIN["instruction_invalid"],
    "refused_by_gate": {"refusals": {"type": "array", "items": {"type": "string"}}},
}


@dataclass(frozen=True)
class Content:
    """An answer that is no JSON: its media type, and perhaps what its parts are."""

    media_type: str
    parts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """What goes in, what comes out, and with which codes of `bot.gateway.errors` it is refused.

    `answers` gives the type of the body by status; None is an empty one. `body` and `query` are
    what the handler reads, or a description of it. What every endpoint of its kind refuses, such
    as a missing sign-in, is added from `security`, `body` and `query`.
    """

    tag: str
    answers: Mapping[int, Any]
    errors: tuple[str, ...] = ()
    body: type[BaseModel] | Content | None = None
    body_required: bool = True
    query: type[BaseModel] | None = None
    security: Security | None = None
    notes: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def codes(self, method: str, path: str) -> tuple[str, ...]:
        """Every code that this may be refused with, without repeats."""
        found = [*self.errors]
        if self.security == "conversation":
            found += ["unauthorized", "conversation_ended"]
        if self.security == "feed":
            found += ["unauthorized", "feed_disabled"]
        if self.security == "staff":
            found += ["sign_in_required", "forbidden"]
            found += ["csrf_failed", "origin_not_allowed"] if method != "GET" else []
        if path.startswith("/api/"):
            found.append("origin_not_allowed")
        if isinstance(self.body, type):
            found += ["bad_request", "frame_too_large"]
        if self.query is not None:
            found.append("bad_request")
        if "{" in path:
            found.append("not_found")
        return tuple(dict.fromkeys([*found, "unavailable"]))
