"""What people do with an escalation: claim it, let go of it, pass it on.

Each happens in one transaction that holds the conversation's lock, writes the owner change into the
log, tells consoles, and is audited. Of several who claim at once, exactly one is given it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bot import directives as d
from bot.pharmacy import desk
from bot.pharmacy.desk import Role
from bot.pharmacy.routes import Priority, Queue
from bot.services import owed_turns
from bot.services.audit import Actor
from bot.services.conversations import Rules
from bot.services.desk_cases import (
    AlreadyClaimed,
    AlreadyClosed,
    Case,
    Done,
    Refusal,
    account_of,
    add_note,
    back_in_line,
    done,
    find,
    held,
    let_go_of,
    may_take,
)
from bot.services.event_log import append, change_owner
from bot.services.occurrences import Claimed, note
from bot.services.promises import promise_again
from bot.storage.conversations import Escalation
from bot.storage.database import Database


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
            return done(case)
        refused = await _make_room(case)
        if refused is not None:
            return refused
        for row in case.waiting():
            if may_take(actor, row):
                await _take(case, row)
        await _speak(case)
        case.audit("claim")
        return done(case)


async def release(
    database: Database, actor: Actor, escalation_id: int, rules: Rules, now: datetime
) -> Done | Refusal:
    """Let go of the conversation: all of it that the person has waits again."""
    async with database.write() as session:
        case = await held(session, actor, escalation_id, "release", rules, now)
        if not isinstance(case, Case):
            return case
        await _let_go(case)
        await back_in_line(case)
        case.audit("release")
        return done(case)


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
        case = await held(session, actor, escalation_id, "transfer", rules, now)
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
        await back_in_line(case)
        await case.tell("transferred", before=before)
        case.audit("transfer", **{"from": before, "to": queue})
        return done(case)


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
    waited = (case.now - row.opened_at).total_seconds()
    note(case.session, Claimed(row.queue, row.priority, max(0.0, waited)))
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
    await owed_turns.drop(case.session, case.conversation.conversation_id, case.now)
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
