"""Conversations whose patients are verified, written straight into a database, many at once."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert

from bot.directives import Memory
from bot.storage.conversations import Conversation, Verification
from bot.storage.database import Database

LONG = timedelta(days=1)


@dataclass(frozen=True)
class Chat:
    """A conversation and the secret of its device."""

    conversation_id: str
    secret: str


async def chats(
    database: Database, count: int, now: datetime, patients: Sequence[str] = ()
) -> list[Chat]:
    """New conversations as the gateway opens them; verified for a day, if there are patients.

    The patients take turns.
    """
    made = [Chat(uuid.uuid4().hex, secrets.token_urlsafe(32)) for _ in range(count)]
    async with database.write() as session:
        if made:
            await session.execute(insert(Conversation), [_conversation(chat, now) for chat in made])
        if made and patients:
            verified = [
                {
                    "conversation_id": chat.conversation_id,
                    "patient_id": patients[number % len(patients)],
                    "proxy_id": "",
                    "verified_at": now,
                    "expires_at": now + LONG,
                }
                for number, chat in enumerate(made)
            ]
            await session.execute(insert(Verification), verified)
    return made


def _conversation(chat: Chat, now: datetime) -> dict[str, object]:
    return {
        "conversation_id": chat.conversation_id,
        "secret_hash": hashlib.sha256(chat.secret.encode()).hexdigest(),
        "locale": "en",
        "owner": "bot",
        "version": 0,
        "last_seq": 0,
        "seen_seq": 0,
        "memory": Memory().model_dump(mode="json"),
        "identity_failures": 0,
        "opened_at": now,
        "last_patient_at": now,
    }
