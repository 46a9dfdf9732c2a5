"""What gateways tell each other: that something happened, never what somebody wrote.

Each is small, and may be lost: the database holds what counts, and is read again anyway.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Grew(_Told):
    """A conversation's log has new events."""

    kind: Literal["grew"] = "grew"
    conversation_id: str


class Frame(_Told):
    """A passing frame for a patient's devices: `turn` or `typing`."""

    kind: Literal["frame"] = "frame"
    conversation_id: str
    frame: dict[str, Any]


class ForConsoles(_Told):
    """A passing signal for consoles: somebody types or has read, a list should be read again."""

    kind: Literal["consoles"] = "consoles"
    event: str
    conversation_id: str
    data: dict[str, Any]


class SignedOut(_Told):
    """Sessions of an account have ended: its consoles look whether theirs is one."""

    kind: Literal["signed_out"] = "signed_out"
    username: str


News = Grew | Frame | ForConsoles | SignedOut


class Bundle(BaseModel):
    """Some news of one gateway, in order. Each gateway hears its own as well."""

    model_config = ConfigDict(extra="forbid")

    gateway: str
    news: list[Annotated[News, Field(discriminator="kind")]]


BUNDLE = TypeAdapter(Bundle)
