"""The language of a conversation: it follows the patient; what nobody can read goes to a person."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.pharmacy.language import LOCALE_OF, Language, identify
from bot.services import escalations
from bot.services.event_log import append
from bot.services.promises import promise
from bot.services.replies import Reply
from bot.storage.conversations import Conversation
from bot.wording import LOCALES, load

OTHER_LANGUAGE = d.Handoff(
    queue="counter", priority="soon", reason="other_language", response="handoff.other_language"
)


def follow(conversation: Conversation, text: str) -> Language:
    """Answer a locked conversation from now on in the language of `text`, where that is clear."""
    language = identify(text)
    conversation.locale = LOCALE_OF.get(language, conversation.locale)
    return language


async def pass_to_person(
    session: AsyncSession,
    conversation: Conversation,
    question: str,
    country: str,
    timezone: str,
    now: datetime,
) -> None:
    """Say in both languages that a person will answer, and open the ticket with the question.

    What waited for a yes is dropped: the patient wrote something else, whatever it was.
    """
    memory = d.Memory.model_validate(conversation.memory)
    conversation.memory = memory.model_copy(update={"confirm": None}).model_dump(mode="json")
    own = load(conversation.locale, country)
    spoken = await escalations.hand_over(session, conversation, OTHER_LANGUAGE, question, own, now)
    paragraphs = [f"{own.render('handoff.other_language', now=now)} {spoken.text}"]
    for locale in LOCALES:
        if locale != own.locale:
            wording = load(locale, country)
            told = await promise(session, conversation, OTHER_LANGUAGE, wording, now)
            said = wording.render("handoff.other_language", now=now)
            paragraphs.append(f"{said} {told.text}")
    append(session, conversation, "message", "bot", "\n\n".join(paragraphs), at=now)
    reply = Reply(session, conversation, own, now, question, timezone, country)
    await reply.hand_to_queue()
