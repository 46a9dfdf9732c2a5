"""What the document says beside its schemas."""

from typing import Any

from bot.gateway.staff_access import COOKIE

DESCRIPTION = """\
The interfaces of a pharmacy's Willcall: for patients' devices, for the pharmacy's own system, and
for staff. Requests and answers are JSON, times ISO 8601. Every refusal has one shape,
`{"error": {"code", "message"}}`: programs read the code, people the message.

A program ignores fields that it does not know: they may be added to version 1. Fields that are
described here are neither removed nor given another meaning in it.

`x-limits` has the limits of this installation. `x-roles` says who of the staff may use an endpoint.
Everything may be refused with 503 `unavailable` while a part is away, and sent again later."""

TAGS = {
    "patient": "The chat, for the widget and for any other device of a patient.",
    "feed": "The pharmacy's system: records in, refill requests out.",
    "operation": "For operators and monitors.",
    "signing in": "Sessions of the staff.",
    "desk": "What waits for people, and talking with patients.",
    "review": "Questions that the assistant did not answer well.",
    "instructions": "What patients are told about using a medicine.",
    "models": "Teaching the language model.",
    "numbers": "How the assistant does.",
    "admin": "Accounts, audit, retention.",
}
SECURITY: dict[str, Any] = {
    "conversationSecret": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `secret` of the conversation, as it was told when it was opened.",
    },
    "feedToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of `WILLCALL_FEED_TOKEN`.",
    },
    "staffSession": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Set by `POST /staff/api/login`.",
    },
    "csrfToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "The `csrf` of the sign-in.",
    },
}
