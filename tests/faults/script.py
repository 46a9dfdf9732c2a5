"""What the patients of a load write, and what kind of reply belongs to each line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]
RESUME = "Ask the assistant more"


@dataclass(frozen=True)
class Say:
    """A message; `reply` names one of REPLIES."""

    text: str
    reply: str = "words"


@dataclass(frozen=True)
class Tap:
    """A tap on the button with this label, if it is offered."""

    label: str
    reply: str = "assistant again"


@dataclass(frozen=True)
class Verify:
    """The identity form, unless it is confirmed already."""

    last_name: str
    date_of_birth: str
    phone: str


Step = Say | Tap | Verify


def _kinds(events: Sequence[Event]) -> set[str]:
    return {str(event["kind"]) for event in events}


def _owners(events: Sequence[Event]) -> list[str]:
    return [event["owner"] for event in events if event["kind"] == "owner"]


# The kinds of reply, by what they are recognised by. Nothing is said to somebody who waits for a
# person already, but for one word of thanks.
REPLIES: dict[str, Callable[[Sequence[Event]], bool]] = {
    "words": lambda events: "message" in _kinds(events) and not _owners(events),
    "status": lambda events: "status_card" in _kinds(events),
    "identity form": lambda events: bool({"identity_form", "status_card"} & _kinds(events)),
    "people": lambda events: _owners(events) == ["queue"],
    "anything": lambda events: True,
    "urgent notice": lambda events: any(event.get("urgent") is True for event in events),
    "waiting": lambda events: _kinds(events) <= {"notice"},
    "assistant again": lambda events: _owners(events) == ["bot"],
}

JAMES = Verify("Carter", "1961-03-04", "(216) 555-0101")
ANA = Verify("Ruiz", "1984-09-17", "(216) 555-0102")
MARIA = Verify("Lopez", "1957-11-30", "(216) 555-0103")

STATUS = (
    Say("is my lisinopril ready", "identity form"),
    JAMES,
    Say("is my lisinopril ready", "status"),
    Say("is my metformin ready", "status"),
    Say("is my lisinopril ready", "status"),
    Say("thank you"),
)
OWN_STATUS = (
    Say("is my albuterol ready", "identity form"),
    ANA,
    Say("is my albuterol ready", "status"),
    Say("do you have sertraline in stock"),
    Say("is my albuterol ready", "status"),
)
STORE = (
    Say("are you open on sunday"),
    Say("what is your address"),
    Say("do you deliver"),
    Say("are you a robot"),
    Say("thank you"),
)
CLINICAL = (
    Say("hello"),
    Say("can i take ibuprofen with my blood pressure pills", "people"),
    Say("please tell me soon", "waiting"),
    Tap(RESUME),
    Say("do you deliver"),
)
EMERGENCY = (
    Say("are you open on sunday"),
    Say("my son swallowed some of my pills", "urgent notice"),
    Say("what should i do now", "waiting"),
    Tap(RESUME),
    Say("thank you"),
)
GIBBERISH = (
    Say("qwrt zxpl vbnm", "anything"),
    Say("blorf wug snarp", "anything"),
    Tap(RESUME),
    Say("are you open on sunday"),
)
SCRIPTS: tuple[tuple[Step, ...], ...] = (STATUS, STORE, OWN_STATUS, CLINICAL, EMERGENCY, GIBBERISH)
