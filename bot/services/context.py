"""What a question that names no medicine is about: "the other one", "no, the 20 mg", "is it?"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.directives import Memory
from bot.pharmacy.denials import Wanted
from bot.pharmacy.follow_up import asks_other, ordinal, refers_back
from bot.pharmacy.medicine_names import Mention, stated_strength
from bot.pharmacy.narrowing import names_form
from bot.services.access import PrescriptionView
from bot.services.candidates import (
    Meant,
    Relevant,
    Unclear,
    Views,
    has_strength,
    in_progress,
    is_active,
    narrowed_to,
    no_such_strength,
    of_medicines,
    one_of,
)

# A bare number ("no, the 20") is a strength only where little else is said.
SHORT_ANSWER = 5


@dataclass(frozen=True)
class Context:
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
        found = of_medicines(self.views, named)
        place, offered = ordinal(self.said.denied), self.offered()
        if place is not None and -1 <= place < len(offered):
            found.append(offered[place])
        elif self.focus is not None and not found and self.said.denied:
            # "Not that one": what was talked about; "not the 10 mg" is the same here.
            found.append(self.focus)
        return {view.prescription.id for view in found}


def by_context(context: Context) -> Meant | Unclear:
    waiting = context.known(context.memory.offered)
    narrowed = narrowed_to(waiting, context.text) if waiting and context.text else waiting
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


def _other(context: Context) -> Meant | Unclear:
    """ "The other one": offered and not talked about yet, else what else there is."""
    focus = {context.memory.focus} if context.memory.focus else set()
    not_meant = context.denied() | focus
    told = not_meant | set(context.memory.told)
    offered = [view for view in context.offered() if view.prescription.id not in told]
    if offered:
        return one_of(offered)
    for fits in (context.relevant, is_active, lambda _view: True):
        left = [
            view for view in context.views if fits(view) and view.prescription.id not in not_meant
        ]
        if left:
            return one_of(left)
    return Unclear(tuple(context.views), "no_other", {})


def _by_strength(context: Context) -> Meant | Unclear | None:
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
        fitting = [view for view in views if has_strength([view], context.text)]
        if fitting:
            return one_of(in_progress(fitting))
    return no_such_strength(same, strength) if same and is_short else None


def _likely(context: Context) -> Meant | Unclear:
    """What a question without any name is about: by a form that it states, else by relevance."""
    views = context.views
    if names_form(context.text):
        views = narrowed_to(views, context.text)
    denied = context.denied()
    views = [view for view in views if view.prescription.id not in denied] or views
    likely = [view for view in views if context.relevant(view)]
    if likely:
        return one_of(likely)
    if 1 == len(views) < len(context.views):
        return Meant((views[0],))
    return Unclear(tuple(views), "no_orders", {})
