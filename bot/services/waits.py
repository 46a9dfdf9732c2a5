"""The wait as the patient sees it: the place in line, who answers, and when it takes longer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.desk import CALL_BACK
from bot.services.escalations import tell_desk, told_place
from bot.services.event_log import append
from bot.services.presence import presence
from bot.services.promises import Place, place_in_line, places_in_line
from bot.services.stores import first_to_answer
from bot.storage.conversations import Conversation, Escalation
from bot.storage.staff import StaffAccount
from bot.wording import Wording, load


async def places(
    session: AsyncSession, conversation_ids: Sequence[str], now: datetime
) -> dict[str, Place | None]:
    """Where each of the conversations stands in line; None for one of which nothing waits."""
    return await places_in_line(session, conversation_ids, now)


async def who_answers(
    session: AsyncSession, conversation: Conversation, now: datetime
) -> dict[str, Any]:
    """What a device is told beside the owner: the place in line, or the person's name and role.

    Empty while the assistant speaks, and while nobody is there to say a place for.
    """
    wording = load(conversation.locale)
    if conversation.owner == "queue":
        place = await place_in_line(session, conversation.conversation_id, now)
        return told_place(place, wording, now)[1]
    account = None
    if conversation.owner == "staff" and conversation.holder:
        account = await session.get(StaffAccount, conversation.holder)
    if account is None:
        return {}
    return dict(presence(account, wording, now))


async def tell_late(
    session: AsyncSession,
    escalation: Escalation,
    conversation: Conversation,
    wording: Wording,
    now: datetime,
) -> bool:
    """Tell the patient of a locked conversation, once, that a promise was not kept.

    Returns whether it was told. Not while the store is closed or its hours are not known, because
    then nothing was promised for now; not beside a person who has the conversation; and for a
    call only when its time has passed.
    """
    if escalation.told_late_at is not None or escalation.state != "waiting":
        return False
    if conversation.ended_at is not None or conversation.owner == "staff":
        return False
    promised = escalation.call_until or escalation.due_at
    store = await first_to_answer(session, escalation.store_id, now)
    if promised > now or store is None or not store.hours.is_open(now):
        return False
    escalation.told_late_at = now
    name = "late.call" if escalation.reason == CALL_BACK else "late.chat"
    values = {"phone": store.record.phone or None}
    urgent = ["late.urgent"] if escalation.priority == "urgent" else []
    said = (wording.render(key, values, now=now) for key in (name, *urgent, "when.phone"))
    text = " ".join(filter(None, said))
    append(session, conversation, "notice", "system", text, at=now, urgent=False)
    await tell_desk(session, conversation, now)
    return True
