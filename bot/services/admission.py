"""Letting patients in: opening a conversation, and knowing it again by its secret."""

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot import directives as d
from bot.services import waits
from bot.services.conversations import Ended
from bot.storage.conversations import Conversation
from bot.storage.database import Database
from bot.wording import supported


@dataclass(frozen=True)
class Opened:
    """A new conversation; the secret is told once and stored hashed."""

    conversation_id: str
    secret: str
    locale: str


@dataclass(frozen=True)
class Standing:
    """Where a conversation stands, for the frame that welcomes a socket.

    `presence` is what the device is told beside the owner: a place in line, or a name and a role.
    """

    conversation_id: str
    locale: str
    owner: str
    last_seq: int
    presence: dict[str, Any] = field(default_factory=dict)


def digest(secret: str) -> str:
    """How a conversation's secret is stored: it has 256 random bits, so one hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def open_conversation(database: Database, locale: str, now: datetime) -> Opened:
    """Begin a conversation in a language ("es", "es-MX"); unknown ones get English texts."""
    opened = Opened(uuid.uuid4().hex, secrets.token_urlsafe(32), supported(locale))
    async with database.write() as session:
        session.add(
            Conversation(
                conversation_id=opened.conversation_id,
                secret_hash=digest(opened.secret),
                locale=opened.locale,
                owner="bot",
                version=0,
                last_seq=0,
                seen_seq=0,
                memory=d.Memory().model_dump(mode="json"),
                identity_failures=0,
                opened_at=now,
                last_patient_at=now,
            )
        )
    return opened


async def authenticate(
    database: Database, conversation_id: str, secret: str, now: datetime | None = None
) -> Standing | Ended | None:
    """The conversation, if the secret is its own; None when it is not, or there is none.

    Who answers as of `now` is looked up only when it is given.
    """
    async with database.read() as session:
        row = await session.get(Conversation, conversation_id)
        known = row.secret_hash if row is not None else digest("")
        if not hmac.compare_digest(known, digest(secret)) or row is None:
            return None
        if row.ended_at is not None:
            return Ended()
        presence = await waits.who_answers(session, row, now) if now else {}
        return Standing(row.conversation_id, row.locale, row.owner, row.last_seq, presence)
