"""What waits for a yes or a no, and whether an answer is nothing but that."""

from collections.abc import Sequence

from bot import directives as d
from bot.actions.base import Question
from bot.services.access import PrescriptionView, visible_prescriptions
from bot.services.prescriptions import Meant, meant


def pending(question: Question) -> d.Confirm | None:
    """What the answer is about; None for a button of an earlier question."""
    confirm, picked = question.asker.memory.confirm, question.asker.picked_prescription
    return confirm if confirm is not None and picked in (None, confirm.prescription_id) else None


async def is_plain(question: Question, confirm: d.Confirm) -> bool:
    """Whether a typed yes or no says nothing else: no number, and no other medicine."""
    if any(char.isdigit() for char in question.text):
        return False
    found = await meant(
        question.session, question.app.catalogue, question.asker, question.text,
        lambda view: view.prescription.id == confirm.prescription_id,
    )  # fmt: skip
    return isinstance(found, Meant) and [view.prescription.id for view in found.views] == [
        confirm.prescription_id
    ]


async def view_of(question: Question, prescription_id: int) -> PrescriptionView | None:
    """The prescription with this id, if the patient may see it."""
    return next(iter(await views_of(question, [prescription_id])), None)


async def views_of(question: Question, ids: Sequence[int]) -> list[PrescriptionView]:
    """The prescriptions with these ids that the patient may see, in this order."""
    if not ids:
        return []
    visible = await visible_prescriptions(question.session, question.asker.grants)
    found = {view.prescription.id: view for view in visible}
    return [found[each] for each in ids if each in found]
