"""News for a chat: what the pharmacy decided on a refill request, and that a medicine is ready.

Somebody who has not proved who they are is told, once, that there is news; the news itself comes
when they have, or at once when that still holds. Each is told once: what was told is marked in the
transaction that tells it, which holds the lock of the conversation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.pharmacy.refill_decisions import ACCEPTED, DECISIONS, known_reason
from bot.services.access import PrescriptionView, grants, latest_fills, visible_prescriptions
from bot.services.conversations import Rules
from bot.services.escalations import tell_desk
from bot.services.event_log import Author, append, lock
from bot.services.replies import Reply
from bot.storage.conversations import Conversation, ReadyNotice, Verification
from bot.storage.database import Database
from bot.storage.records import Fill, RefillRequest
from bot.wording import Wording, load

READY = ("ready", "partial_ready", "out_for_delivery")
TO_COUNTER = d.Choices(response="what_next", options=(d.Option(intent="request_human"),))


@dataclass(frozen=True)
class News:
    """One thing to tell; `view` is None while the conversation may not see the prescription."""

    row: RefillRequest | ReadyNotice
    fill: Fill | None
    view: PrescriptionView | None


async def waiting_conversations(database: Database, now: datetime) -> Sequence[str]:
    """The conversations that there may be something to tell in."""
    decided = select(RefillRequest.conversation_id).where(
        RefillRequest.status.in_(DECISIONS), *_to_tell(RefillRequest, now)
    )
    ready = select(ReadyNotice.conversation_id).where(
        *_to_tell(ReadyNotice, now),
        exists().where(Fill.rx_number == ReadyNotice.rx_number, Fill.state.in_(READY)),
    )
    async with database.read() as session:
        rows = await session.scalars(decided.union(ready))
        return [conversation_id for conversation_id in rows if conversation_id]


async def announce(database: Database, conversation_id: str, rules: Rules, now: datetime) -> bool:
    """Tell what there is to tell in a conversation; False when that was nothing."""
    async with database.read() as session:  # so that nothing waits for the writer in vain
        if not await _news(session, conversation_id, now):
            return False
    async with database.write() as session:
        conversation = await lock(session, conversation_id)
        if conversation is None or conversation.ended_at is not None:
            return False
        news = await _news(session, conversation_id, now)
        wording = load(conversation.locale, rules.country)
        teller = _Teller(session, conversation, wording, rules, now)
        for item in news:
            if item.view is not None:
                await teller.tell(item, item.view)
        hidden = [item for item in news if item.view is None]
        for item in hidden:
            item.row.hinted_at = now
        if hidden:
            teller.hint()
        if news:
            await tell_desk(session, conversation, now)
        return bool(news)


def _to_tell(
    table: type[RefillRequest] | type[ReadyNotice], now: datetime
) -> tuple[ColumnElement[bool], ...]:
    here = table.conversation_id
    proved = exists().where(Verification.conversation_id == here, Verification.expires_at > now)
    goes_on = exists().where(Conversation.conversation_id == here, Conversation.ended_at.is_(None))
    return (table.told_at.is_(None), or_(table.hinted_at.is_(None), proved), goes_on)


async def _news(session: AsyncSession, conversation_id: str, now: datetime) -> list[News]:
    """What can be told or hinted at now; the rows stay locked until the transaction ends."""
    requests = await session.scalars(
        select(RefillRequest)
        .where(
            RefillRequest.conversation_id == conversation_id,
            RefillRequest.status.in_(DECISIONS),
            RefillRequest.told_at.is_(None),
        )
        .order_by(RefillRequest.refill_request_id)
        .with_for_update()
    )
    notices = await session.scalars(
        select(ReadyNotice)
        .where(ReadyNotice.conversation_id == conversation_id, ReadyNotice.told_at.is_(None))
        .order_by(ReadyNotice.asked_at, ReadyNotice.rx_number)
        .with_for_update()
    )
    wanted = notices.all()
    fills = await latest_fills(session, [notice.rx_number for notice in wanted])
    ready = {rx_number: fill for rx_number, fill in fills.items() if fill.state in READY}
    allowed = await grants(session, conversation_id, now)
    visible = await visible_prescriptions(session, allowed) if allowed else ()
    views = {view.prescription.rx_number: view for view in visible}
    rows: list[RefillRequest | ReadyNotice] = [*requests]
    rows += [notice for notice in wanted if notice.rx_number in ready]
    return [
        News(row, ready.get(row.rx_number), views.get(row.rx_number))
        for row in rows
        if row.rx_number in views or row.hinted_at is None
    ]


@dataclass(frozen=True)
class _Teller:
    """Writes news into a locked conversation, as the assistant or, beside a person, as system."""

    session: AsyncSession
    conversation: Conversation
    wording: Wording
    rules: Rules
    now: datetime

    def hint(self) -> None:
        """Say that there is news, nothing more, and ask who it is."""
        self._say("message", self._text("news.hint", {}, self.rules.timezone))
        self._say("identity_form", self._text("identity_form", {}, self.rules.timezone))

    async def tell(self, news: News, view: PrescriptionView) -> None:
        """Tell one thing, with a way to the counter when it is not what was hoped for."""
        news.row.told_at, news.row.hinted_at = self.now, None
        names, values = _words(news, view)
        zone = view.store.timezone
        self._say("message", " ".join(self._text(name, values, zone) for name in names))
        if self.conversation.owner != "bot":
            return
        memory = d.Memory.model_validate(self.conversation.memory)
        known = memory.model_copy(update={"focus": view.prescription.id})
        spoken: list[d.Directive] = [d.Remember(memory=known)]
        if isinstance(news.row, RefillRequest) and news.row.status != ACCEPTED:
            spoken.append(TO_COUNTER)
        reply = Reply(self.session, self.conversation, self.wording, self.now, "", zone)
        await reply.say_all(spoken)

    def _say(self, kind: str, text: str) -> None:
        author: Author = "bot" if self.conversation.owner == "bot" else "system"
        append(self.session, self.conversation, kind, author, text, at=self.now)

    def _text(self, name: str, values: d.Values, timezone: str) -> str:
        return self.wording.render(name, values, now=self.now, timezone=timezone)


def _words(news: News, view: PrescriptionView) -> tuple[tuple[str, ...], d.Values]:
    """The responses to say, with their values: those of the rows, None where there is none."""
    values: d.Values = {"medicine": view.medicine, "store_name": view.store.name}
    if isinstance(news.row, RefillRequest):
        kind = "renewal" if news.row.kind == "renewal" else "refill"
        if news.row.status == ACCEPTED:
            return (f"news.accepted.{kind}",), values
        reason = known_reason(news.row.reason) or "other"
        return (f"news.rejected.{kind}", f"news.because.{reason}", "news.rejected.next"), values
    fill = news.fill
    assert fill is not None  # a notice is news only with a fill that is ready
    values |= {
        "kept_until": fill.kept_until.isoformat() if fill.kept_until else None,
        "quantity_ready": fill.quantity,
        "owed_expected_on": fill.owed_expected_on.isoformat() if fill.owed_expected_on else None,
    }
    if fill.state == "ready" and fill.method == "delivery":
        return ("news.ready_delivery",), values
    return (f"news.{fill.state}",), values
