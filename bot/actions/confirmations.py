"""A yes or a no to what was read back.

Only a plain yes in the turn right after the question places or cancels anything. A button of an
earlier question tells what became of it, or asks again.
"""

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question, dropped
from bot.actions.cancellations import ActionRequestCancel, take_back
from bot.actions.pending import is_plain, pending, view_of, views_of
from bot.actions.prescriptions import ask_identity
from bot.actions.refills import ActionRequestRefill, not_visible, read_back, tell
from bot.actions.registry import action_for
from bot.actions.requested import already, buttons
from bot.pharmacy import refill_rules as rules
from bot.pharmacy.fill_states import Button
from bot.services import refills
from bot.services.access import PrescriptionView
from bot.services.refill_facts import cancelled_here, open_request


class ActionAffirm(PatientAction):
    """Places or cancels what was read back in the turn before."""

    intents = ("affirm",)
    from_records = True
    settles_confirmation = True

    async def answer(self, question: Question) -> Answer:
        confirm = pending(question)
        if confirm is None:
            spoken = await _earlier_yes(question)
            return [*dropped(question, spoken), *spoken]
        asked = _asked(question, confirm)
        if not question.asker.verified:
            return ask_identity(asked)
        if question.text and not await is_plain(question, confirm):
            return await _more_than_that(question)
        if confirm.kind == "cancel":
            return [*await take_back(asked, confirm), asked.settled(confirm.prescription_id)]
        return await _place(asked, confirm)


class ActionDeny(PatientAction):
    """Says that nothing was done. A no that names another medicine asks about that one."""

    intents = ("deny",)
    settles_confirmation = True

    async def answer(self, question: Question) -> Answer:
        confirm = pending(question)
        if confirm is None:
            spoken = await _earlier_no(question)
            return [*dropped(question, spoken), *spoken]
        typed = bool(question.text) and question.asker.verified
        if typed and not await is_plain(question, confirm):
            return await _more_than_that(question)
        said = d.Say(response=f"declined.{confirm.kind}")
        asked = _asked(question, confirm)
        return await _go_on(asked, confirm, [said], ())


async def ask_again(question: Question, missed: int) -> Answer:
    """The answer was not understood: ask for a plain yes or no, once."""
    confirm = question.asker.memory.confirm
    view = await view_of(question, confirm.prescription_id) if confirm else None
    if confirm is None or view is None:
        return [d.Say(response="not_understood"), question.remember(misunderstood=missed)]
    asked = _asked(question, confirm)
    action = ActionRequestCancel() if confirm.kind == "cancel" else ActionRequestRefill()
    views = [view, *await views_of(question, confirm.then)]
    spoken = await action.describe_all(asked, views)
    return [
        d.Say(response="yes_or_no"),
        *(_with_misses(item, missed) if isinstance(item, d.Remember) else item for item in spoken),
    ]


def _with_misses(remember: d.Remember, missed: int) -> d.Remember:
    return d.Remember(memory=remember.memory.model_copy(update={"misunderstood": missed}))


def _asked(question: Question, confirm: d.Confirm) -> Question:
    """The turn as if the request itself had been repeated: "and the other one?" means that."""
    intent = "request_cancel" if confirm.kind == "cancel" else "request_refill"
    return question.about(d.Ask(intent=intent))


async def _more_than_that(question: Question) -> Answer:
    """A yes or a no with something else in it: nothing is done, and that is answered."""
    spoken = await action_for("inform").respond(question)
    return [*dropped(question, spoken), *spoken]


async def _place(asked: Question, confirm: d.Confirm) -> Answer:
    kind: rules.Kind = "renewal" if confirm.kind == "renewal" else "refill"
    done = await refills.request(
        asked.app.database, asked.asker.conversation_id, confirm.prescription_id, kind, asked.now
    )
    match done:
        case refills.Placed(view):
            placed = d.RefillPlaced(
                prescription_id=view.prescription.id,
                kind=kind,
                medicine=view.medicine,
                store_name=view.store.name,
                timezone=view.store.timezone,
                placed_at=done.placed_at.isoformat(),
            )
            choices = buttons(view, Button.NOTIFY_WHEN_READY, "request_cancel")
            return await _go_on(asked, confirm, [placed], [choices])
        case refills.AlreadyPlaced(view, request):
            said, next_steps = already(view, request)
            return await _go_on(asked, confirm, [said], [next_steps])
        case refills.NotPlaced(view, rules.MayRefill() | rules.NeedsRenewal() as outcome):
            # The records have changed since the question: ask the one that fits now.
            return read_back(asked, view, outcome, await views_of(asked, confirm.then))
        case refills.NotPlaced(view, outcome):
            told = await tell(asked, view, outcome, alone=not confirm.then)
            return await _go_on(asked, confirm, told, ())
    return [*not_visible(), asked.settled()]


async def _go_on(asked: Question, confirm: d.Confirm, said: Answer, next_steps: Answer) -> Answer:
    """Then the prescriptions that were asked for in the same breath; buttons only at the end."""
    views = await views_of(asked, confirm.then)
    if not views:
        return [*said, *next_steps, asked.settled(confirm.prescription_id)]
    return [*said, *await ActionRequestRefill().describe_all(asked, views)]


async def _earlier_yes(question: Question) -> Answer:
    """A yes that nothing waits for: it tells what became of the question before, or asks again."""
    picked = question.asker.picked_prescription
    asked = question.about(d.Ask(intent="request_refill"))
    if picked is not None and not question.asker.verified:
        return ask_identity(asked)
    view = await _talked_about(question)
    if view is not None:
        request = await open_request(question.session, view, question.now)
        if request is not None:
            return [*already(view, request), asked.settled(view.prescription.id)]
        if await cancelled_here(question.session, view, question.asker.conversation_id):
            said = d.Say(response="withdrawn.repeated", values={"medicine": view.medicine})
            return [said, asked.settled(view.prescription.id)]
    if picked is None:
        return [d.Say(response="nothing_to_confirm")]
    return await ActionRequestRefill().respond(asked)


async def _earlier_no(question: Question) -> Answer:
    """A no that nothing waits for. What is placed stays placed, and the patient is told."""
    view = await _talked_about(question)
    request = await open_request(question.session, view, question.now) if view else None
    if view is not None and request is not None:
        asked = question.about(d.Ask(intent="request_refill"))
        return [*already(view, request), asked.settled(view.prescription.id)]
    picked = question.asker.picked_prescription
    return [d.Say(response="nothing_to_confirm" if picked is None else "declined.refill")]


async def _talked_about(question: Question) -> PrescriptionView | None:
    """The prescription of the button, else the one that a refill was asked for last."""
    memory = question.asker.memory
    requests = ("request_refill", "request_cancel")
    last = memory.focus if memory.last_intent in requests else None
    chosen = question.asker.picked_prescription or last
    return await view_of(question, chosen) if chosen is not None else None
