"""What the pharmacy may answer to a refill request, and the reasons that Willcall has words for."""

from typing import Final

ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
DECISIONS = (ACCEPTED, REJECTED)

# Why a request is not accepted. Another reason is kept, and the patient is sent to the counter.
REASONS = (
    "too_soon",
    "no_refills",
    "expired",
    "prescriber_denied",
    "prescriber_no_reply",
    "not_covered",
    "out_of_stock",
    "controlled",
    "duplicate",
)


def known_reason(reason: str | None) -> str | None:
    """The reason, if there are words for it."""
    return reason if reason in REASONS else None
