"""How a conversation leaves a person's hands for good: handed back to the assistant, or closed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import desk
from bot.services import promised_news
from bot.services.audit import Actor
from bot.services.conversations import Rules, end_locked
from bot.services.desk_cases import (
    Case,
    ConversationEnded,
    Done,
    Refusal,
    add_note,
    back_in_line,
    done,
    held,
    let_go_of,
)
from bot.services.event_log import change_owner
from bot.storage.conversations import Conversation, Escalation
from bot.storage.database import Database


async def hand_back(
    database: Database, actor: Actor, escalation_id: int, rules: Rules, now: datetime
) -> Done | Refusal:
    """Close what the person has of the conversation, and let the assistant answer again.

    A call that the patient was promised is not done by that: it waits for its time.
    """
    async with database.write() as session:
        case = await held(session, actor, escalation_id, "hand_back", rules, now)
        if not isinstance(case, Case):
            return case
        if case.ended:
            return ConversationEnded()
        for row in case.in_hand():
            if row.reason == desk.CALL_BACK:
                let_go_of(row, now)
                await case.tell("released", row, holder=actor.display_name)
            else:
                _close(row, actor, desk.HANDED_BACK, now)
                await case.tell("handed_back", row)
        _assistant_is_back(case)
        case.audit("hand_back")
        return done(case)


async def close(
    database: Database,
    actor: Actor,
    escalation_id: int,
    outcome: str,
    note: str,
    rules: Rules,
    now: datetime,
) -> Done | Refusal:
    """Close an escalation with an outcome of `bot.pharmacy.desk.OUTCOMES`.

    When it was the last of the conversation, the chat ends; but not when the assistant has
    promised the patient news in it.
    """
    async with database.write() as session:
        case = await held(session, actor, escalation_id, "close", rules, now)
        if not isinstance(case, Case):
            return case
        _close(case.escalation, actor, outcome, now)
        if note:
            add_note(session, case.conversation, actor, note, now)
        await _after_closing(case)
        await case.tell("closed")
        case.audit("close", result=outcome)
        return done(case)


def _close(row: Escalation, actor: Actor, outcome: str, now: datetime) -> None:
    row.state = "closed"
    row.outcome = outcome
    row.closed_by = actor.username
    row.closed_at = now
    row.unread = 0
    row.next_alert_at = None


async def _after_closing(case: Case) -> None:
    """Who has the conversation now: the same person, the queue, the assistant or nobody."""
    still_open = [row for row in case.open_ones if row.state != "closed"]
    if case.ended or any(row.state == "claimed" for row in still_open):
        return
    if still_open:
        await back_in_line(case)
    elif await _news_is_promised(case.session, case.conversation.conversation_id):
        _assistant_is_back(case)
    else:
        text = case.wording.render("closed_by", {"name": case.actor.display_name}, now=case.now)
        await end_locked(case.session, case.conversation, text, case.now)


def _assistant_is_back(case: Case) -> None:
    said = ["owner.bot"]
    if any(row.state == "waiting" for row in case.open_ones):
        said.append("owner.still_waiting")
    text = " ".join(case.wording.render(name, now=case.now) for name in said)
    change_owner(case.session, case.conversation, "bot", text, at=case.now)


async def _news_is_promised(session: AsyncSession, conversation_id: str) -> bool:
    """Whether the assistant still has to tell the patient something in this chat."""
    waiting = select(Conversation.conversation_id).where(
        Conversation.conversation_id == conversation_id, promised_news.is_promised()
    )
    return await session.scalar(waiting) is not None
