"""What people do with an escalation: claim it, let go of it, pass it on, hand it back, close it.

Each happens in one transaction that holds the conversation's lock, writes the owner change into the
log, tells consoles, and is audited. Of several who claim at once, exactly one is given it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.pharmacy import desk
from bot.pharmacy.desk import Role
from bot.pharmacy.routes import Priority, Queue
from bot.services.audit import Actor
from bot.services.conversations import Rules, end_locked
from bot.services.desk_cases import (
    AlreadyClaimed,
    AlreadyClosed,
    Case,
    ConversationEnded,
    NotHolder,
    Refusal,
    account_of,
    find,
    let_go_of,
    may_take,
)
from bot.services.escalations import wait_in_line
from bot.services.event_log import append, change_owner
from bot.services.promises import promise_again
from bot.storage.conversations import Conversation, Escalation, ReadyNotice, Turn
from bot.storage.database import Database
from bot.storage.records import RefillRequest
from bot.storage.staff import StaffNote


@dataclass(frozen=True)
class Done:
    """It was done; consoles and the patient's devices have something new to read."""

    escalation_id: int
    conversation_id: str


@dataclass(frozen=True)
class StaysWithPharmacist:
    """A clinical question does not go to the counter."""


@dataclass(frozen=True)
class SameQueue:
    """It is in that queue already."""


async def claim(
    database: Database, actor: Actor, escalation_id: int, rules: Rules, now: datetime
) -> Done | Refusal:
    """Give the conversation to the person, with all of it that waits and that they may take."""
    async with database.write() as session:
        case = await find(session, actor, escalation_id, "claim", rules, now)
        if not isinstance(case, Case):
            return case
        if case.escalation.state == "closed":
            case.audit("claim", "already_closed")
            return AlreadyClosed()
        if case.held:
            return _done(case)
        refused = await _make_room(case)
        if refused is not None:
            return refused
        for row in case.waiting():
            if may_take(actor, row):
                await _take(case, row)
        await _speak(case)
        case.audit("claim")
        return _done(case)


async def release(
    database: Database, actor: Actor, escalation_id: int, rules: Rules, now: datetime
) -> Done | Refusal:
    """Let go of the conversation: all of it that the person has waits again."""
    async with database.write() as session:
        case = await _held(session, actor, escalation_id, "release", rules, now)
        if not isinstance(case, Case):
            return case
        await _let_go(case)
        await _back_in_line(case)
        case.audit("release")
        return _done(case)


async def transfer(
    database: Database,
    actor: Actor,
    escalation_id: int,
    queue: Queue,
    reason: str,
    rules: Rules,
    now: datetime,
) -> Done | Refusal | StaysWithPharmacist | SameQueue:
    """Pass an escalation to the other queue, with the reason as a note, and let go of the rest."""
    async with database.write() as session:
        case = await _held(session, actor, escalation_id, "transfer", rules, now)
        if not isinstance(case, Case):
            return case
        row = case.escalation
        if not desk.may_go_to(queue, row.reason):
            case.audit("transfer", "stays_with_pharmacist")
            return StaysWithPharmacist()
        if row.queue == queue:
            return SameQueue()
        before, row.queue = row.queue, queue
        promised = await promise_again(session, row, case.wording, now)
        row.due_at = promised.due_at
        await _let_go(case)
        if reason:
            add_note(session, case.conversation, actor, reason, now)
        if not case.ended:
            said = case.wording.render("owner.passed_on", {"name": actor.display_name}, now=now)
            append(
                session, case.conversation, "message", "system", f"{said} {promised.text}", at=now
            )
        await _back_in_line(case)
        await case.tell("transferred", before=before)
        case.audit("transfer", **{"from": before, "to": queue})
        return _done(case)


async def hand_back(
    database: Database, actor: Actor, escalation_id: int, rules: Rules, now: datetime
) -> Done | Refusal:
    """Close what the person has of the conversation, and let the assistant answer again.

    A call that the patient was promised is not done by that: it waits for its time.
    """
    async with database.write() as session:
        case = await _held(session, actor, escalation_id, "hand_back", rules, now)
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
        return _done(case)


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
        case = await _held(session, actor, escalation_id, "close", rules, now)
        if not isinstance(case, Case):
            return case
        _close(case.escalation, actor, outcome, now)
        if note:
            add_note(session, case.conversation, actor, note, now)
        await _after_closing(case)
        await case.tell("closed")
        case.audit("close", result=outcome)
        return _done(case)


def add_note(
    session: AsyncSession, conversation: Conversation, actor: Actor, text: str, now: datetime
) -> StaffNote:
    """Write a private note beside a conversation."""
    note = StaffNote(
        conversation_id=conversation.conversation_id,
        username=actor.username,
        display_name=actor.display_name,
        role=actor.role,
        at=now,
        text=text,
    )
    session.add(note)
    return note


async def _held(
    session: AsyncSession,
    actor: Actor,
    escalation_id: int,
    action: str,
    rules: Rules,
    now: datetime,
) -> Case | Refusal:
    """The case, if the person has it in hand."""
    case = await find(session, actor, escalation_id, action, rules, now)
    if isinstance(case, Case) and not case.held:
        case.audit(action, "not_holder")
        return AlreadyClosed() if case.escalation.state == "closed" else NotHolder()
    return case


async def _make_room(case: Case) -> AlreadyClaimed | None:
    """Refuse a conversation that somebody has, unless it may be taken from them."""
    holder = await account_of(case.session, case.holder)
    if holder is None or holder.username == case.actor.username:
        return None
    row = case.escalation
    if not desk.may_take_over(
        cast(Role, case.actor.role), cast(Role, holder.role), cast(Queue, row.queue),
        cast(Priority, row.priority),
    ):  # fmt: skip
        case.audit("claim", "already_claimed", holder=holder.username)
        return AlreadyClaimed(holder.display_name)
    for taken in case.open_ones:
        if taken.state == "claimed":
            let_go_of(taken, case.now)
            await case.tell("released", taken, holder=holder.display_name)
    return None


async def _take(case: Case, row: Escalation) -> None:
    row.state = "claimed"
    row.claimed_by = case.actor.username
    row.claimed_at = case.now
    row.alerts = 0
    row.next_alert_at = case.now + desk.UNREAD_AFTER
    if case.ended or row.reason == desk.CALL_BACK:  # nothing to read, but something to do
        row.unread = 0
        row.next_alert_at = max(row.next_alert_at, row.call_until or row.due_at)
    await case.tell("claimed", row, holder=case.actor.display_name)


async def _speak(case: Case) -> None:
    """Make the person the one who speaks: the bot drops what it was about to say."""
    if case.ended:
        return
    memory = d.Memory.model_validate(case.conversation.memory)
    kept = d.Memory(last_intent=memory.last_intent, focus=memory.focus)
    case.conversation.memory = kept.model_dump(mode="json")
    await case.session.execute(
        update(Turn)
        .where(Turn.conversation_id == case.conversation.conversation_id, Turn.state == "pending")
        .values(state="dropped", answered_at=case.now)
    )
    here = case.presence()
    text = case.wording.render("owner.staff", here, now=case.now)
    change_owner(
        case.session, case.conversation, "staff", text, at=case.now,
        holder=case.actor.username, **here,
    )  # fmt: skip


async def _let_go(case: Case) -> None:
    for row in case.in_hand():
        let_go_of(row, case.now)
        await case.tell("released", row, holder=case.actor.display_name)


async def _back_in_line(case: Case) -> None:
    if not case.ended:
        await wait_in_line(case.session, case.conversation, case.wording, case.now)


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
        await _back_in_line(case)
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
    """Whether the patient was told that news of a medicine will come in this chat."""
    notice = select(ReadyNotice.rx_number).where(
        ReadyNotice.conversation_id == conversation_id, ReadyNotice.told_at.is_(None)
    )
    request = select(RefillRequest.rx_number).where(
        RefillRequest.conversation_id == conversation_id,
        RefillRequest.told_at.is_(None),
        RefillRequest.status != "cancelled",
    )
    return await session.scalar(notice.union(request).limit(1)) is not None


def _done(case: Case) -> Done:
    return Done(case.escalation.escalation_id, case.conversation.conversation_id)
