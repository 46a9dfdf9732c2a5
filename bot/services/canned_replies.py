"""Replies that are ready to send: the wording's `canned`, filled with what is known.

What is not known stands in square brackets, for the person to fill in.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.audit import Actor
from bot.services.conversations import Rules
from bot.services.desk_cases import Forbidden, NotFound
from bot.services.desk_talk import may_read
from bot.services.escalations import open_ones
from bot.services.presence import role_label
from bot.services.stores import first_to_answer
from bot.storage.conversations import Conversation
from bot.storage.database import Database
from bot.storage.records import Patient
from bot.wording import Wording, load

PREFIX = "canned."


async def listed(
    database: Database, actor: Actor, conversation_id: str, rules: Rules, now: datetime
) -> list[dict[str, str]] | NotFound | Forbidden:
    """The replies in the patient's language: id, title for staff, text."""
    async with database.read() as session:
        refused = await may_read(session, actor, conversation_id)
        if refused is not None:
            return refused
        conversation = await session.get_one(Conversation, conversation_id)
        wording = load(conversation.locale, rules.country)
        values, timezone = await _values(session, actor, conversation, wording, rules, now)
        names = sorted(
            name.removeprefix(PREFIX).removesuffix(".text")
            for name in wording.names()
            if name.startswith(PREFIX) and name.endswith(".text")
        )
        return [
            {
                "id": name,
                "title": load("en").render(f"{PREFIX}{name}.title", now=now),
                "text": wording.render(
                    f"{PREFIX}{name}.text",
                    _with_gaps(wording, f"{PREFIX}{name}.text", values),
                    now=now,
                    timezone=timezone,
                ),
            }
            for name in names
        ]


async def _values(
    session: AsyncSession,
    actor: Actor,
    conversation: Conversation,
    wording: Wording,
    rules: Rules,
    now: datetime,
) -> tuple[dict[str, Any], str]:
    """What is known of the person, the patient and the store, and the store's time zone."""
    rows = await open_ones(session, conversation.conversation_id)
    patient_id = next((row.patient_id for row in rows if row.patient_id), None)
    patient = await session.get(Patient, patient_id) if patient_id else None
    store_id = next((row.store_id for row in rows if row.store_id), None)
    store = await first_to_answer(session, store_id, now)
    values: dict[str, Any] = {
        "staff_name": actor.display_name,
        "role_label": role_label(actor, wording, now),
    }
    if patient is not None:
        values["patient_name"] = patient.first_name
    if store is not None:
        values |= {"store_name": store.record.name, "phone": store.record.phone}
    return values, store.record.timezone if store is not None else rules.timezone


def _with_gaps(wording: Wording, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and for each unknown one a gap that a person can see: `[medicine]`."""
    gaps = {
        field.partition(":")[0]: f"[{wording.render(f'gap.{field}', now=_EPOCH)}]"
        for field in wording.fields(name)
        if field not in values and wording.has(f"gap.{field}")
    }
    return {**gaps, **values}


_EPOCH = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
