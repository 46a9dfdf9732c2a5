"""What actions tell the gateway to do: typed messages through Rasa's custom payload.

An action never writes a sentence or a row. It names a response of `bot/wording` with its values,
or one of the directives below, and the gateway renders, stores and sends them in one transaction.
Values carry types through JSON: datetimes and dates as ISO 8601, money as integer cents. No
directive carries an identity detail, because Rasa's tracker keeps them; a prescription is named
by Willcall's own number (`prescription_id`).
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Values = dict[str, str | int | float | bool | list[str] | None]


class _Directive(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Say(_Directive):
    """A sentence of the wording; `timezone` is the store's, for the times in it."""

    type: Literal["say"] = "say"
    response: str
    values: Values = Field(default_factory=dict)
    timezone: str | None = None


class Ask(_Directive):
    """What the patient asked, kept while identity or a choice is outstanding.

    `asked_as` holds the words in which it was first asked, when `text` is only a later answer
    to a question of the bot's: "the second one".
    """

    intent: str
    text: str = ""
    asked_as: str = ""


class Confirm(_Directive):
    """What waits for a yes: nothing is placed or cancelled without one.

    `then` are the prescriptions that were asked for in the same breath and come next.
    """

    kind: Literal["refill", "renewal", "cancel"]
    prescription_id: int
    then: tuple[int, ...] = ()


class Memory(_Directive):
    """What the dialogue knows besides the records; stored with the conversation.

    `question` waits for identity or for a choice among those offered; `last_intent` and `focus`
    say what "and the other one?" refers to; `misunderstood` counts messages in a row. `confirm`
    lasts for one turn: a yes that comes later is not an answer to it.

    After an answer: `last_text` has the words of its question, `last_offer` the choice that led
    to it, `told` what was talked about since that choice, `focus_product` the medicine of an
    answer that was about no prescription. `also` are questions of one message that wait for
    their turn. `call_back` says that a wish to be called waits for identity.
    """

    question: Ask | None = None
    offered: tuple[int, ...] = ()
    offered_products: tuple[str, ...] = ()
    last_intent: str | None = None
    focus: int | None = None
    misunderstood: int = 0
    confirm: Confirm | None = None
    last_text: str = ""
    last_offer: tuple[int, ...] = ()
    told: tuple[int, ...] = ()
    focus_product: str | None = None
    also: tuple[str, ...] = ()
    call_back: bool = False


class Remember(_Directive):
    """Replaces the conversation's memory."""

    type: Literal["remember"] = "remember"
    memory: Memory


class IdentityForm(_Directive):
    """Asks the patient for identity; the details go to the gateway alone."""

    type: Literal["identity_form"] = "identity_form"


class Option(_Directive):
    """One button: the intent it stands for and, where it names one, the record it picks.

    `label` is a response of the wording; `label_text` a name out of the records. `value` is what
    a button stands for beyond a record: the time of a call.
    """

    intent: str
    label: str | None = None
    label_text: str | None = None
    prescription_id: int | None = None
    product_id: str | None = None
    value: str | None = None


class Choices(_Directive):
    """A question with buttons; `numbered` lists the labels in the text as well."""

    type: Literal["choices"] = "choices"
    response: str
    values: Values = Field(default_factory=dict)
    timezone: str | None = None
    options: tuple[Option, ...]
    numbered: bool = False


class StatusCard(_Directive):
    """The status of one fill, every fact of it out of a row.

    Absent facts stay None and are not mentioned. `as_of` is when the row was recorded.
    """

    type: Literal["status_card"] = "status_card"
    prescription_id: int
    medicine: str
    state: str
    reason: str | None = None
    late: bool = False
    store_name: str
    store_phone: str
    store_address: str
    timezone: str
    values: Values = Field(default_factory=dict)
    as_of: str


class Notice(_Directive):
    """A note that stands out; an urgent one stays on the screen."""

    type: Literal["notice"] = "notice"
    response: str
    values: Values = Field(default_factory=dict)
    urgent: bool = False
    families: tuple[str, ...] = ()


Queue = Literal["counter", "pharmacist"]
Priority = Literal["urgent", "soon", "routine"]


class Handoff(_Directive):
    """Gives the question to people. `transfers` passes the conversation to them as well.

    `response` is said first; who answers, and by when, is added by the gateway.
    """

    type: Literal["handoff"] = "handoff"
    queue: Queue
    priority: Priority = "routine"
    reason: str
    response: str | None = None
    values: Values = Field(default_factory=dict)
    store_id: str | None = None
    transfers: bool = True


class Unanswered(_Directive):
    """Records a question that the bot could not answer, for a pharmacist's review."""

    type: Literal["unanswered"] = "unanswered"
    intent: str | None = None
    confidence: float | None = None
    ranking: tuple[tuple[str, float], ...] = ()


class Understood(_Directive):
    """What a typed message was taken for, and how sure the engine was (0..1).

    `confidence` is None where something else than the engine decided.
    """

    type: Literal["understood"] = "understood"
    intent: str
    confidence: float | None = None
    ranking: tuple[tuple[str, float], ...] = ()


class RefillPlaced(_Directive):
    """Tells that a request was placed; the row exists already. A renewal asks the prescriber."""

    type: Literal["refill_placed"] = "refill_placed"
    prescription_id: int
    kind: Literal["refill", "renewal"] = "refill"
    medicine: str
    store_name: str
    timezone: str
    placed_at: str


Directive = Annotated[
    Say
    | Remember
    | IdentityForm
    | Choices
    | StatusCard
    | Notice
    | Handoff
    | Unanswered
    | Understood
    | RefillPlaced,
    Field(discriminator="type"),
]
_ADAPTER: TypeAdapter[Directive] = TypeAdapter(Directive)


def parse(payload: Any) -> Directive:
    """Read one custom payload of Rasa's answer; raises pydantic.ValidationError."""
    return _ADAPTER.validate_python(payload)


def dump(directive: Directive) -> dict[str, Any]:
    """The JSON form that goes through Rasa."""
    return directive.model_dump(mode="json")
