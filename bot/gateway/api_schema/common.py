"""Shapes that several interfaces share. Answers are typed dictionaries."""

from typing import Annotated, Literal, TypedDict

from pydantic import Field, WithJsonSchema

Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
Seq = Annotated[int, Field(ge=0, lt=2**31)]
Owner = Literal["bot", "queue", "staff", "closed"]
Queue = Literal["counter", "pharmacist"]
Priority = Literal["urgent", "soon", "routine"]


class Person(TypedDict):
    """Somebody of the staff. The role is empty for an account that is gone."""

    username: str
    display_name: str
    role: Literal["technician", "pharmacist", "admin", ""]


class Stored(TypedDict):
    """Where a message stands in the log of its conversation; a repeat gets the same number."""

    seq: int
