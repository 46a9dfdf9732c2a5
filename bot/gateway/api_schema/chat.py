"""The events of a chat, as patients' devices and the staff's consoles read them."""

from typing import Annotated, Literal, NotRequired, TypedDict

from pydantic import Field

from bot.gateway.api_schema.common import Instant, Owner

Author = Literal["patient", "bot", "staff", "system"]


class _Event(TypedDict):
    seq: Annotated[int, Field(ge=1, description="1, 2, 3 … in each conversation, without holes.")]
    at: Instant
    author: Author
    text: Annotated[str, Field(description="Complete by itself, for a screen reader.")]


class MessageEvent(_Event):
    """Something that was written or, with `choice_id`, tapped. A person's has name and role."""

    kind: Literal["message"]
    client_id: NotRequired[str]
    choice_id: NotRequired[str]
    redacted: NotRequired[
        Annotated[list[str], Field(description="Identity details that `text` has no more.")]
    ]
    name: NotRequired[str]
    role: NotRequired[str]
    role_label: NotRequired[str]


class OfferedChoice(TypedDict):
    """A button; its id is only good in this conversation."""

    choice_id: str
    label: str


class ChoicesEvent(_Event):
    """A question with buttons."""

    kind: Literal["choices"]
    choices: list[OfferedChoice]


class IdentityFormEvent(_Event):
    """The identity form is wanted: last name, date of birth, and Rx number or phone."""

    kind: Literal["identity_form"]


class IdentityResultEvent(_Event):
    """What the form has led to; `until` when identity is asked for again."""

    kind: Literal["identity_result"]
    verified: bool
    until: NotRequired[Instant]


class CardStep(TypedDict):
    """A milestone of a fill."""

    key: str
    label: str
    status: Literal["done", "current", "problem", "todo"]


class CardFact(TypedDict):
    """One fact from the pharmacy's records, in words."""

    key: str
    label: str
    value: str


class CardStore(TypedDict):
    """Where the fill is."""

    name: str
    phone: str


class StatusCardEvent(_Event):
    """The state of one fill; `as_of` is when the pharmacy recorded it."""

    kind: Literal["status_card"]
    medicine: str
    state: str
    reason: str | None
    title: str
    meaning: str
    late: bool
    late_text: str
    next_step: str
    who_acts: Literal["patient", "pharmacy", "prescriber", "insurer", "carrier", "nobody"]
    who_acts_label: str
    steps: list[CardStep]
    facts: list[CardFact]
    store: CardStore
    as_of: Instant
    as_of_text: str


class PhoneNumber(TypedDict):
    """A number to call."""

    label: str
    number: str


class NoticeEvent(_Event):
    """A note that stands out. An urgent one stays on the screen, with its numbers to call."""

    kind: Literal["notice"]
    urgent: bool
    families: NotRequired[list[str]]
    phones: NotRequired[list[PhoneNumber]]
    thanks: NotRequired[bool]


class OwnerEvent(_Event):
    """Somebody else answers from now on: a person with name and role, or a place in line."""

    kind: Literal["owner"]
    owner: Owner
    place: NotRequired[Annotated[int, Field(ge=1)]]
    due_at: NotRequired[Instant]
    name: NotRequired[str]
    role: NotRequired[str]
    role_label: NotRequired[str]


class ClosedEvent(_Event):
    """The chat has ended; nothing follows."""

    kind: Literal["closed"]


type ChatEvent = Annotated[
    MessageEvent
    | ChoicesEvent
    | IdentityFormEvent
    | IdentityResultEvent
    | StatusCardEvent
    | NoticeEvent
    | OwnerEvent
    | ClosedEvent,
    Field(discriminator="kind"),
]
