"""The frames of the patient's socket, in both directions."""

from typing import Annotated, Literal, NotRequired, TypedDict

from pydantic import BaseModel, Field

from bot.gateway.api_schema.common import Instant, Owner
from bot.gateway.patient_api import SentChoice, SentFeedback, SentMessage
from bot.gateway.patient_socket import Hello, Seen


class HelloFrame(Hello):
    """The first frame: the secret, and the last event that the device has."""

    type: Literal["hello"]


class MessageFrame(SentMessage):
    """A message. Sent again with the same `client_id`, it stays one message."""

    type: Literal["message"]


class ChoiceFrame(SentChoice):
    """A tap on a button."""

    type: Literal["choice"]


class SeenFrame(Seen):
    """The last event that the device has shown."""

    type: Literal["seen"]


class FeedbackFrame(SentFeedback):
    """Whether an answer has helped."""

    type: Literal["feedback"]


class TypingFrame(BaseModel):
    """The patient writes."""

    type: Literal["typing"]


type ClientFrame = Annotated[
    HelloFrame | MessageFrame | ChoiceFrame | SeenFrame | FeedbackFrame | TypingFrame,
    Field(discriminator="type"),
]


class WelcomeFrame(TypedDict):
    """The answer to `hello`. What the device lacks follows as events."""

    type: Literal["welcome"]
    conversation_id: str
    owner: Owner
    last_seq: int
    locale: str
    place: NotRequired[int]
    due_at: NotRequired[Instant]
    name: NotRequired[str]
    role: NotRequired[str]
    role_label: NotRequired[str]


class AckFrame(TypedDict):
    """A message or choice is stored."""

    type: Literal["ack"]
    client_id: str
    seq: int


class TurnFrame(TypedDict):
    """The assistant begins or ends an answer; null when it answers no message, such as the form."""

    type: Literal["turn"]
    state: Literal["started", "finished"]
    in_reply_to: str | None


class StaffTypingFrame(TypedDict):
    """A person at the pharmacy writes."""

    type: Literal["typing"]
    author: Literal["staff"]


SocketCode = Literal[
    "hello_timeout",
    "hello_expected",
    "unauthorized",
    "conversation_ended",
    "frame_too_large",
    "bad_request",
    "unsupported_frame",
    "text_empty",
    "text_too_long",
    "rate_limited",
    "unknown_choice",
    "unknown_event",
    "unavailable",
]


class ErrorFrame(TypedDict):
    """A frame that was refused; `client_id` says which message, if it had one."""

    type: Literal["error"]
    code: SocketCode
    message: str
    client_id: NotRequired[str]


# Events are frames as well, with `"type": "event"` beside their fields: `document` makes those.
type PassingFrame = Annotated[
    WelcomeFrame | AckFrame | TurnFrame | StaffTypingFrame | ErrorFrame,
    Field(discriminator="type"),
]
