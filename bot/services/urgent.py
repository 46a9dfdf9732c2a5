"""The urgent notice: what happens when a message carries a red flag, whoever speaks."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.services import escalations, owed_turns
from bot.services.event_log import append
from bot.services.notices import ORDER, say_urgent
from bot.services.occurrences import RedFlagRaised, note
from bot.services.replies import Reply
from bot.storage.conversations import Conversation
from bot.wording import load


async def raise_alarm(
    session: AsyncSession,
    conversation: Conversation,
    families: Sequence[str],
    question: str,
    country: str,
    now: datetime,
) -> None:
    """Show the notice in a locked conversation and alert the pharmacist.

    What the patient asked before is dropped, so that no unfinished question is resumed after an
    emergency. A person who holds the conversation keeps it.
    """
    wording = load(conversation.locale, country)
    conversation.memory = d.Memory().model_dump(mode="json")
    await owed_turns.drop(session, conversation.conversation_id, now)
    say_urgent(session, conversation, families, wording, country, now)
    note(session, RedFlagRaised("screen", tuple(families)))
    handoff = d.Handoff(
        queue="pharmacist", priority="urgent", reason=_reason(families), transfers=True
    )
    promise = await escalations.hand_over(session, conversation, handoff, question, wording, now)
    told = "urgent_pharmacist" if promise.open_now else "urgent_nobody_there"
    text = f"{wording.render(told, now=now)} {promise.text}"
    append(session, conversation, "message", "system", text, at=now)
    if conversation.owner == "bot":
        reply = Reply(session, conversation, wording, now, question, "UTC")
        await reply.hand_to_queue()


def _reason(families: Sequence[str]) -> str:
    """The reason code of the escalation: the family that counts most."""
    told = [family for family in ORDER if family in families]
    return f"red_flag_{told[0]}" if told else "red_flag"
