"""Which of the patient's prescriptions a question is about. Never a guess among several."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bot.directives import Memory
from bot.pharmacy.denials import Wanted, wanted
from bot.pharmacy.fill_states import FILL_STATES, UNKNOWN
from bot.pharmacy.follow_up import asks_other, ordinal, refers_back
from bot.pharmacy.medicine_names import Medicine, Mention, narrow, stated_strength
from bot.pharmacy.narrowing import names_form
from bot.services.access import Asker, PrescriptionView, visible_prescriptions
from bot.services.catalogue import Catalogue, as_medicine

# A bare number ("no, the 20") is a strength only where little else is said.
SHORT_ANSWER = 5


@dataclass(frozen=True)
class Meant:
    """The prescriptions that the question is about, one after the other."""

    views: tuple[PrescriptionView, ...]


@dataclass(frozen=True)
class Unclear:
    """Several fit: the patient has to choose. `response` says why they are asked."""

    views: tuple[PrescriptionView, ...]
    response: str
    values: dict[str, str]


@dataclass(frozen=True)
class NothingOnFile:
    """The patient has no prescription that can be talked about here."""


Relevant = Callable[[PrescriptionView], bool]
Views = Sequence[PrescriptionView]


async def meant(
    session: AsyncSession, catalogue: Catalogue, asker: Asker, text: str, relevant: Relevant
) -> Meant | Unclear | NothingOnFile:
    """Find out which prescription a verified patient means; never guess among several.

    `relevant` says which of them a question without a name is likely about. What the text says
    it does not mean ("not the metformin, the lisinopril") is left out.
    """
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
    return _by_context(_Context(views, asker.memory, said, relevant, denied))


def is_open(view: PrescriptionView) -> bool:
    """Whether a fill of it is on its way or waits for the patient."""
    return view.fill is not None and not FILL_STATES.get(view.fill.state, UNKNOWN).finished


def is_active(view: PrescriptionView) -> bool:
    """Whether the prescription itself is in use."""
    return view.prescription.status == "active"


def _by_name(
    views: Views, mentions: Sequence[Mention], text: str, memory: Memory
) -> Meant | Unclear:
    found: list[PrescriptionView] = []
    for mention in mentions:
        fitting = _fitting(views, mention.medicines) or _fitting(views, mention.containing)
        if not fitting:
            return Unclear(tuple(views), "not_on_file", {"words": mention.words})
        if asks_other(text):
            # "The other lisinopril": not the one that was talked about.
            fitting = [view for view in fitting if view.prescription.id != memory.focus] or fitting
        strength = stated_strength(text)
        narrowed = _narrow(fitting, text)
        if strength and len(mentions) == 1 and not _has_strength(narrowed, text):
            return _no_such_strength(fitting, strength)
        current = _current(narrowed)
        if len(current) > 1:
            return Unclear(tuple(current), "which_prescription", {})
        found += [view for view in current if view not in found]
    return Meant(tuple(found))


def _no_such_strength(views: Views, strength: str) -> Unclear:
    values = {"medicine": views[0].product.generic_name, "strength": strength}
    return Unclear(tuple(views), "strength_not_on_file", values)


def _current(views: Views) -> list[PrescriptionView]:
    """Those with a fill on its way, where there are any."""
    return [view for view in views if is_open(view)] or list(views)


def _one_of(views: Views) -> Meant | Unclear:
    if len(views) == 1:
        return Meant((views[0],))
    return Unclear(tuple(views), "which_prescription", {})


def _fitting(views: Views, medicines: Sequence[Medicine]) -> list[PrescriptionView]:
    named = {medicine.product_id for medicine in medicines}
    return [view for view in views if view.product.product_id in named]


def _narrow(views: Views, text: str) -> list[PrescriptionView]:
    kept = narrow([as_medicine(view.product) for view in views], text)
    ids = {medicine.product_id for medicine in kept}
    return [view for view in views if view.product.product_id in ids]


def _has_strength(views: Views, text: str) -> bool:
    """Whether the strength that was typed is one of these: narrowing keeps exactly those."""
    return all(
        narrow([as_medicine(view.product), _without_strength(view)], text)
        == (as_medicine(view.product),)
        for view in views
    )


def _without_strength(view: PrescriptionView) -> Medicine:
    medicine = as_medicine(view.product)
    return Medicine("", medicine.generic_name, medicine.brand_names, "", medicine.form)


@dataclass(frozen=True)
class _Context:
    """A question that names no medicine, and what was talked about before it."""

    views: Views
    memory: Memory
    said: Wanted
    relevant: Relevant
    denied_names: Sequence[Mention]

    @property
    def text(self) -> str:
        return self.said.text

    @property
    def focus(self) -> PrescriptionView | None:
        found = self.known([self.memory.focus or 0])
        return found[0] if found else None

    def known(self, ids: Sequence[int]) -> list[PrescriptionView]:
        """Those of the ids that the patient may see, in this order."""
        by_id = {view.prescription.id: view for view in self.views}
        return [by_id[key] for key in ids if key in by_id]

    def offered(self) -> list[PrescriptionView]:
        """The choice that waits, else the one that led to what was talked about."""
        return self.known(self.memory.offered or self.memory.last_offer)

    def denied(self) -> set[int]:
        """The prescriptions that the text says it does not mean."""
        named = [medicine for mention in self.denied_names for medicine in mention.medicines]
        found = _fitting(self.views, named)
        place, offered = ordinal(self.said.denied), self.offered()
        if place is not None and -1 <= place < len(offered):
            found.append(offered[place])
        elif self.focus is not None and not found and self.said.denied:
            # "Not that one": what was talked about; "not the 10 mg" is the same here.
            found.append(self.focus)
        return {view.prescription.id for view in found}


def _by_context(context: _Context) -> Meant | Unclear:
    waiting = context.known(context.memory.offered)
    narrowed = _narrow(waiting, context.text) if waiting and context.text else waiting
    if waiting and len(narrowed) == 1 < len(waiting):
        return Meant((narrowed[0],))
    offered = context.offered()
    place = ordinal(context.text)
    if offered and place is not None and -1 <= place < len(offered):
        return Meant((offered[place],))
    if asks_other(context.text) or (context.said.denied and not context.text):
        return _other(context)
    by_strength = _by_strength(context)
    if by_strength is not None:
        return by_strength
    if context.focus is not None and refers_back(context.text):
        return Meant((context.focus,))
    return _likely(context)


def _other(context: _Context) -> Meant | Unclear:
    """ "The other one": offered and not talked about yet, else what else there is."""
    focus = {context.memory.focus} if context.memory.focus else set()
    not_meant = context.denied() | focus
    told = not_meant | set(context.memory.told)
    offered = [view for view in context.offered() if view.prescription.id not in told]
    if offered:
        return _one_of(offered)
    for fits in (context.relevant, is_active, lambda _view: True):
        left = [
            view for view in context.views if fits(view) and view.prescription.id not in not_meant
        ]
        if left:
            return _one_of(left)
    return Unclear(tuple(context.views), "no_other", {})


def _by_strength(context: _Context) -> Meant | Unclear | None:
    """ "No, the 20 mg": the same medicine in that strength, else whichever has it."""
    strength = stated_strength(context.text)
    if strength is None:
        return None
    is_short = len(context.text.split()) <= SHORT_ANSWER
    if not is_short and not re.search(r"[a-z%]", strength):
        return None
    focus = context.focus
    same = [
        view
        for view in context.views
        if focus is not None and view.product.generic_name == focus.product.generic_name
    ]
    for views in (same, context.views):
        fitting = [view for view in views if _has_strength([view], context.text)]
        if fitting:
            return _one_of(_current(fitting))
    return _no_such_strength(same, strength) if same and is_short else None


def _likely(context: _Context) -> Meant | Unclear:
    """What a question without any name is about: by a form that it states, else by relevance."""
    views = context.views
    if names_form(context.text):
        views = _narrow(views, context.text)
    denied = context.denied()
    views = [view for view in views if view.prescription.id not in denied] or views
    likely = [view for view in views if context.relevant(view)]
    if likely:
        return _one_of(likely)
    if 1 == len(views) < len(context.views):
        return Meant((views[0],))
    return Unclear(tuple(views), "no_orders", {})
