"""The event log of a conversation: the only place where events and owner changes are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.instants import instant
from bot.services.occurrences import OwnerChanged, note
from bot.storage.conversations import Conversation, Event
from bot.storage.plain_rows import add_row

# Events that are read at once.
AT_ONCE = 500
# Where a session keeps the events that it has written.
APPENDED = "appended"
Author = Literal["patient", "bot", "staff", "system"]
Owner = Literal["bot", "queue", "staff", "closed"]


@dataclass(frozen=True)
class LoggedEvent:
    """One event as everybody sees it; `at` is in UTC."""

    seq: int
    at: datetime
    kind: str
    author: str
    text: str
    data: dict[str, Any]
    client_id: str | None

    def public(self) -> dict[str, Any]:
        """The JSON form of the public interface, without the frame's type."""
        body = {
            "seq": self.seq,
            "at": instant(self.at),
            "kind": self.kind,
            "author": self.author,
            "text": self.text,
            **self.data,
        }
        return body | ({"client_id": self.client_id} if self.client_id else {})


_LOCKED = (
    select(Conversation)
    .where(Conversation.conversation_id == bindparam("chat"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def lock(session: AsyncSession, conversation_id: str) -> Conversation | None:
    """The conversation, locked until the transaction ends, so that `seq` has no holes."""
    return await session.scalar(_LOCKED, {"chat": conversation_id})


def append(
    session: AsyncSession,
    conversation: Conversation,
    kind: str,
    author: Author,
    text: str,
    *,
    at: datetime,
    client_id: str | None = None,
    **data: Any,
) -> int:
    """Write the next event of a locked conversation and return its `seq`."""
    conversation.last_seq += 1
    event = LoggedEvent(conversation.last_seq, at, kind, author, text, data, client_id)
    add_row(
        session,
        Event,
        conversation_id=conversation.conversation_id,
        seq=event.seq,
        at=at,
        kind=kind,
        author=author,
        text=text,
        data=data,
        client_id=client_id,
    )
    session.info.setdefault(APPENDED, []).append(event)
    return event.seq


def appended(session: AsyncSession) -> tuple[LoggedEvent, ...]:
    """The events that a transaction about one conversation has written, in order.

    They may be told to anybody only when it is committed.
    """
    return tuple(session.info.get(APPENDED, ()))


def change_owner(
    session: AsyncSession,
    conversation: Conversation,
    owner: Owner,
    text: str,
    *,
    at: datetime,
    holder: str | None = None,
    **data: Any,
) -> None:
    """Hand a locked conversation to `owner` and log it; `version` tells that it happened.

    `holder` is the username of the person, when it is staff; `data` is what the patient sees.
    """
    conversation.owner = owner
    conversation.holder = holder
    conversation.version += 1
    append(session, conversation, "owner", "system", text, at=at, owner=owner, **data)
    note(session, OwnerChanged(owner))


def close(session: AsyncSession, conversation: Conversation, text: str, *, at: datetime) -> None:
    """End a locked conversation for the patient: the last entry of its log."""
    conversation.owner = "closed"
    conversation.holder = None
    conversation.version += 1
    conversation.ended_at = at
    append(session, conversation, "closed", "system", text, at=at)
    note(session, OwnerChanged("closed"))


async def read_after(
    session: AsyncSession, conversation_id: str, after: int, limit: int | None = AT_ONCE
) -> Sequence[LoggedEvent]:
    """The events that follow `after`, in order; `limit` None reads all of them."""
    rows = await session.scalars(
        select(Event)
        .where(Event.conversation_id == conversation_id, Event.seq > after)
        .order_by(Event.seq)
        .limit(limit)
    )
    return [
        LoggedEvent(row.seq, row.at, row.kind, row.author, row.text, row.data, row.client_id)
        for row in rows
    ]


async def seq_of(session: AsyncSession, conversation_id: str, client_id: str) -> int | None:
    """The event that was stored for a client's id, if it was."""
    return await session.scalar(
        select(Event.seq).where(
            Event.conversation_id == conversation_id, Event.client_id == client_id
        )
    )
