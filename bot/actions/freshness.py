"""Adds to an answer from the records that they are old, when they are."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.bootstrap import Application
from bot.services.freshness import Stale, staleness

FACTS = (d.Say, d.StatusCard)
PERSON = d.Option(intent="request_human")


async def with_age(
    app: Application, session: AsyncSession, memory: d.Memory, spoken: Sequence[d.Directive]
) -> Sequence[d.Directive]:
    """The answer, with its age when it tells facts from records that were updated long ago.

    `memory` is that of before the answer.
    """
    told = [at for at, item in enumerate(spoken) if isinstance(item, FACTS)]
    if not told or any(_asks_back(item, memory) for item in spoken):
        return spoken
    stale_after = timedelta(minutes=app.settings.stale_after_minutes)
    stale = await staleness(session, stale_after, app.now())
    if stale is None:
        return spoken
    after = told[-1] + 1
    return [*spoken[:after], _sentence(stale, app), *_with_person(spoken[after:], spoken)]


def _asks_back(item: d.Directive, memory: d.Memory) -> bool:
    """Whether the answer is only a question: who it is, or which one is meant."""
    match item:
        case d.IdentityForm():
            return True
        case d.Choices():
            return item.numbered
        case d.Remember():
            asked = item.memory.question
            return asked is not None and asked != memory.question
    return False


def _sentence(stale: Stale, app: Application) -> d.Say:
    if stale.updated_at is None:
        return d.Say(response="stale.never")
    return d.Say(
        response="stale.since",
        values={"updated_at": stale.updated_at.isoformat()},
        timezone=app.settings.default_timezone,
    )


def _with_person(
    rest: Sequence[d.Directive], spoken: Sequence[d.Directive]
) -> Sequence[d.Directive]:
    """What follows, with a button to talk to a person, unless one has the question already."""
    if any(isinstance(item, d.Handoff) and item.transfers for item in spoken):
        return rest
    buttons = [item for item in rest if isinstance(item, d.Choices)]
    if not buttons:
        return [d.Choices(response="what_next", options=(PERSON,)), *rest]
    last = buttons[-1]
    if any(option.intent == PERSON.intent for option in last.options):
        return rest
    more = last.model_copy(update={"options": (*last.options, PERSON)})
    return [more if item is last else item for item in rest]
