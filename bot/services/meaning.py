"""Which of the patient's prescriptions a question is about. Never a guess among several."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot.directives import Memory
from bot.pharmacy.denials import wanted
from bot.pharmacy.follow_up import asks_other
from bot.pharmacy.medicine_names import Mention, stated_strength
from bot.services.access import Asker, PrescriptionView, visible_prescriptions
from bot.services.candidates import (
    Meant,
    NothingOnFile,
    Relevance,
    Relevant,
    Unclear,
    Views,
    has_strength,
    in_progress,
    narrowed_to,
    no_such_strength,
    of_medicines,
)
from bot.services.catalogue import Catalogue
from bot.services.context import Context, by_context


async def meant(
    session: AsyncSession, catalogue: Catalogue, asker: Asker, text: str, relevant: Relevant
) -> Meant | Unclear | NothingOnFile:
    """Find out which prescription a verified patient means; never guess among several.

    `relevant` says which of them a question without a name is likely about. What the text says
    it does not mean ("not the metformin, the lisinopril") is left out.
    """

    async def known(_views: Views) -> Relevant:
        return relevant

    return await meant_among(session, catalogue, asker, text, known)


async def meant_among(
    session: AsyncSession, catalogue: Catalogue, asker: Asker, text: str, relevance: Relevance
) -> Meant | Unclear | NothingOnFile:
    """The same where it takes a look at the records to say what is relevant: only if need be."""
    views = await visible_prescriptions(session, asker.grants)
    if not views:
        return NothingOnFile()
    picked = [view for view in views if view.prescription.id == asker.picked_prescription]
    if picked:
        return Meant(tuple(picked))
    said = wanted(text)
    products = [view.product for view in views]
    mentions = await catalogue.mentions(session, said.text, products) if said.text else ()
    if mentions:
        return _by_name(views, mentions, said.text, asker.memory)
    denied = await catalogue.mentions(session, said.denied, products) if said.denied else ()
    return by_context(Context(views, asker.memory, said, await relevance(views), denied))


def _by_name(
    views: Views, mentions: Sequence[Mention], text: str, memory: Memory
) -> Meant | Unclear:
    found: list[PrescriptionView] = []
    for mention in mentions:
        fitting = of_medicines(views, mention.medicines) or of_medicines(views, mention.containing)
        if not fitting:
            return Unclear(tuple(views), "not_on_file", {"words": mention.words})
        if asks_other(text):
            # "The other lisinopril": not the one that was talked about.
            fitting = [view for view in fitting if view.prescription.id != memory.focus] or fitting
        strength = stated_strength(text)
        narrowed = narrowed_to(fitting, text)
        if strength and len(mentions) == 1 and not has_strength(narrowed, text):
            return no_such_strength(fitting, strength)
        current = in_progress(narrowed)
        if len(current) > 1:
            return Unclear(tuple(current), "which_prescription", {})
        found += [view for view in current if view not in found]
    return Meant(tuple(found))
