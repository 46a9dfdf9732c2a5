"""Who meets at the fake desk: people of the pharmacy, and conversations."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

type Row = dict[str, Any]


def ago(minutes: float) -> str:
    """A time before now, in the form of the interface."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Account:
    """Somebody who signs in with PASSWORD, and with `code` if there is one."""

    username: str
    display_name: str
    role: str
    code: str | None = None
    disabled_at: str | None = None
    locked: bool = False

    def public(self) -> Row:
        return {"username": self.username, "display_name": self.display_name, "role": self.role}


@dataclass
class Talk:
    """A conversation with its notes and record."""

    conversation_id: str
    locale: str = "en"
    events: list[Row] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    record: list[Row] = field(default_factory=list)
    holder: Row | None = None
    seen_seq: int = 0
    ended_at: str | None = None
    stored: dict[str, int] = field(default_factory=dict)

    def add(self, author: str, text: str, kind: str = "message", **fields: Any) -> int:
        """Store an event; without `at` it is of now."""
        seq = len(self.events) + 1
        event = {"seq": seq, "at": ago(0), "kind": kind, "author": author, "text": text}
        self.events.append({**event, **fields})
        return seq


ACCOUNT = web.RequestKey("ACCOUNT", Account)
