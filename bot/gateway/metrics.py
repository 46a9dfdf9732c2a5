"""What this gateway counts and times, for Prometheus. docs/monitoring.md says what each one means.

No label holds a person, a conversation, a medicine or anything that somebody typed: every label has
a fixed set of values.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.directives import Directive, Handoff, Unanswered
from bot.gateway.errors import STATUS
from bot.gateway.rasa_client import OUTCOMES as RASA_OUTCOMES
from bot.pharmacy.desk import QUEUES
from bot.pharmacy.reasons import LABELS
from bot.services.conversations import Ended
from bot.services.identity import Locked as IdentityLocked
from bot.services.identity import NotConfirmed, Verified
from bot.services.occurrences import (
    Claimed,
    Escalated,
    GivenTo,
    MessageTaken,
    OwnerChanged,
    RedFlagRaised,
    RefillPlaced,
)
from bot.services.promises import PRIORITIES
from bot.services.sign_in import CodeRequired, Failed, Locked, SignedIn
from bot.services.turns import is_answer
from bot.stopwatch import Stopwatch

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

Stage = Literal["store", "screen", "rasa", "reply", "whole"]
TurnOutcome = Literal["answered", "handed_over", "not_understood", "failed", "dropped"]
IDENTITY_RESULTS = {
    Verified: "verified", NotConfirmed: "not_confirmed", IdentityLocked: "locked", Ended: "ended",
}  # fmt: skip
SIGN_INS = {
    SignedIn: "signed_in", CodeRequired: "code_required", Failed: "failed", Locked: "locked",
}  # fmt: skip

SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# A claim takes from seconds to a weekend.
LONG = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400, 259200)
OTHER = "other"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
LINES = [(queue, priority) for queue in QUEUES["pharmacist"] for priority in PRIORITIES]
# Reasons of a hand-over that say that the assistant has failed.
FAILURES = ("technical", "database")


class Metrics:
    """The counters of one gateway, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._http(self.registry)
        self._conversations(self.registry)
        self._desk(self.registry)

    def _http(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "willcall_http_requests", "HTTP requests.", ("method", "route", "status"),
            registry=registry,
        )  # fmt: skip
        self.request_seconds = Histogram(
            "willcall_http_request_duration_seconds",
            "Time of HTTP requests, without sockets, streams and long polls.", ("side",),
            registry=registry, buckets=SHORT,
        )  # fmt: skip
        self.errors = Counter(
            "willcall_errors", "Refusals of requests and frames.", ("code",), registry=registry
        )
        self.rasa_requests = Counter(
            "willcall_rasa_requests", "Times that Rasa was asked.", ("outcome",), registry=registry
        )
        _begin(self.errors, STATUS)
        _begin(self.rasa_requests, RASA_OUTCOMES)

    def _conversations(self, registry: CollectorRegistry) -> None:
        self.messages = Counter(
            "willcall_messages", "Messages and taps of patients.", ("outcome",), registry=registry
        )
        self.turns = Counter(
            "willcall_turns", "Turns that the bot owed.", ("outcome",), registry=registry
        )
        self.turn_seconds = Histogram(
            "willcall_turn_duration_seconds", "Time of a turn by stage.", ("stage",),
            registry=registry, buckets=SHORT,
        )  # fmt: skip
        self.red_flags = Counter(
            "willcall_red_flags", "Urgent notices.", ("found_by", "family"), registry=registry
        )
        self.refills = Counter(
            "willcall_refills_placed", "Requests that patients placed.", ("kind",),
            registry=registry,
        )  # fmt: skip
        self.identity_checks = Counter(
            "willcall_identity_checks", "Identity forms.", ("result",), registry=registry
        )
        _begin(self.messages, (*map(_given, get_args(GivenTo)), "repeated"))
        _begin(self.turns, get_args(TurnOutcome))
        _begin(self.turn_seconds, get_args(Stage))
        _begin(self.refills, ("refill", "renewal"))
        _begin(self.identity_checks, IDENTITY_RESULTS.values())

    def _desk(self, registry: CollectorRegistry) -> None:
        self.owner_changes = Counter(
            "willcall_owner_changes", "Who speaks from now on.", ("to",), registry=registry
        )
        self.escalations = Counter(
            "willcall_escalations", "Questions that went to people.",
            ("queue", "priority", "reason"), registry=registry,
        )  # fmt: skip
        self.claim_seconds = Histogram(
            "willcall_claim_wait_seconds", "From an escalation to its claim.",
            ("queue", "priority"), registry=registry, buckets=LONG,
        )  # fmt: skip
        self.sign_ins = Counter(
            "willcall_sign_ins", "Attempts to sign in at the desk.", ("outcome",),
            registry=registry,
        )  # fmt: skip
        _begin(self.owner_changes, ("bot", "queue", "staff", "closed"))
        _begin(self.sign_ins, SIGN_INS.values())
        for line in LINES:
            self.claim_seconds.labels(*line)

    def occurred(self, occurrences: Sequence[object]) -> None:
        """Count what a committed transaction has done."""
        for occurrence in occurrences:
            match occurrence:
                case MessageTaken(given_to=given_to):
                    self.messages.labels(_given(given_to)).inc()
                case OwnerChanged(to=to):
                    self.owner_changes.labels(to).inc()
                case Escalated(queue=queue, priority=priority, reason=reason):
                    self.escalations.labels(queue, priority, _reason(reason)).inc()
                case Claimed(queue=queue, priority=priority, seconds=seconds):
                    self.claim_seconds.labels(queue, priority).observe(seconds)
                case RedFlagRaised(found_by=net, families=families):
                    for family in families or ("general",):
                        self.red_flags.labels(net, _family(family)).inc()
                case RefillPlaced(kind=kind):
                    self.refills.labels(kind).inc()

    def signed_in(self, outcome: SignedIn | CodeRequired | Failed | Locked) -> None:
        """Count an attempt to sign in."""
        self.sign_ins.labels(SIGN_INS[type(outcome)]).inc()

    def identity_checked(self, result: Verified | NotConfirmed | IdentityLocked | Ended) -> None:
        """Count an identity form."""
        self.identity_checks.labels(IDENTITY_RESULTS[type(result)]).inc()

    def rasa_asked(self, outcome: str) -> None:
        """Count how Rasa has answered once: an outcome of `bot.gateway.rasa_client`."""
        self.rasa_requests.labels(outcome).inc()

    def message_stored(self, watch: Stopwatch, *, repeated: bool) -> None:
        """Time what storing a message took, apart from screening it."""
        if repeated:
            self.messages.labels("repeated").inc()
            return
        screened = watch.spent.get("screen", 0.0)
        if screened:  # a tap has nothing to screen
            self.turn_seconds.labels("screen").observe(screened)
        self.turn_seconds.labels("store").observe(max(0.0, watch.so_far - screened))

    def turn_answered(self, outcome: TurnOutcome, watch: Stopwatch, whole: float) -> None:
        """Count a turn; `whole` is how long the patient has waited, in seconds."""
        self.turns.labels(outcome).inc()
        for stage in ("rasa", "reply"):
            self.turn_seconds.labels(stage).observe(watch.spent.get(stage, 0.0))
        self.turn_seconds.labels("whole").observe(max(0.0, whole))


def outcome_of(spoken: Sequence[Directive] | None, *, written: bool) -> TurnOutcome:
    """What became of a turn whose answer these directives are; None is no answer."""
    if not written:
        return "dropped"
    if spoken is None or not is_answer(spoken):
        return "failed"
    handed_over = [item for item in spoken if isinstance(item, Handoff)]
    if any(item.reason in FAILURES for item in handed_over):
        return "failed"
    if any(isinstance(item, Unanswered) for item in spoken):
        return "not_understood"
    return "handed_over" if handed_over else "answered"


def _begin(metric: Counter | Histogram, values: Iterable[str]) -> None:
    """Have the series begin at 0: a rate cannot be told from a series that appears."""
    for value in values:
        metric.labels(value)


def _given(given_to: str) -> str:
    return f"to_{given_to}" if given_to in ("bot", "queue", "staff") else given_to


def _reason(reason: str) -> str:
    return reason if reason in LABELS else OTHER


def _family(family: str) -> str:
    return family if f"red_flag_{family}" in LABELS else "general"
