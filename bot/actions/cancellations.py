"""Taking back a request while the pharmacy has not answered; the rest is the counter's."""

from collections.abc import Sequence

from bot import directives as d
from bot.actions.base import Answer, Question, dropped
from bot.actions.pending import is_plain, pending
from bot.actions.prescriptions import PrescriptionAction
from bot.actions.refills import not_visible, yes_or_no
from bot.actions.registry import action_for
from bot.pharmacy import refill_rules as rules
from bot.pharmacy.plain_answers import begins_with_yes
from bot.services import refills
from bot.services.access import PrescriptionView
from bot.services.prescriptions import Relevant, Views, is_open
from bot.services.refill_facts import cancelled_here, open_request, requested


class ActionRequestCancel(PrescriptionAction):
    """Takes back a request that still waits; what is being worked on is the counter's."""

    intents = ("request_cancel",)
    from_records = True
    settles_confirmation = True

    async def answer(self, question: Question) -> Answer:
        confirm = pending(question)
        if confirm is not None and await is_plain(question, confirm):
            # "Cancel that" is a no to the question whether to place it, and "yes, cancel it" a
            # yes to the question whether to cancel.
            if confirm.kind != "cancel":
                return await action_for("deny").respond(question)
            if begins_with_yes(question.text):
                return await action_for("affirm").respond(question)
        spoken = await super().answer(question)
        return spoken if confirm is None else [*dropped(question, spoken), *spoken]

    async def relevance(self, question: Question, views: Views) -> Relevant:
        waiting = await requested(question.session, views, question.now)
        return (lambda view: view.prescription.id in waiting) if waiting else is_open

    async def describe(self, question: Question, view: PrescriptionView) -> Answer:
        return await self.describe_all(question, (view,))

    async def describe_all(self, question: Question, views: Sequence[PrescriptionView]) -> Answer:
        view = views[0]
        asked = await open_request(question.session, view, question.now)
        in_work = view.fill is not None and view.fill.state in rules.IN_PROGRESS
        if asked is not None and asked.status == "placed" and not in_work:
            values = {"medicine": view.medicine} | {"placed_at": asked.placed_at.isoformat()}
            said = d.Say(
                response=f"confirm.cancel_{asked.kind}", values=values, timezone=view.store.timezone
            )
            confirm = d.Confirm(kind="cancel", prescription_id=view.prescription.id)
            return yes_or_no(question, said, confirm)
        settled = question.settled(focus=view.prescription.id)
        here = question.asker.conversation_id
        if not in_work and not asked and await cancelled_here(question.session, view, here):
            return [
                d.Say(response="withdrawn.repeated", values={"medicine": view.medicine}),
                settled,
            ]
        return [_to_the_counter(view, in_work=in_work or asked is not None), settled]


async def take_back(asked: Question, confirm: d.Confirm) -> Answer:
    """Cancel the request that a yes was said to, if the pharmacy has not accepted it meanwhile."""
    done = await refills.cancel_request(
        asked.app.database, asked.asker.conversation_id, confirm.prescription_id, asked.now
    )
    match done:
        case refills.Withdrawn(view, kind, repeated):
            name = "repeated" if repeated else kind
            return [d.Say(response=f"withdrawn.{name}", values={"medicine": view.medicine})]
        case refills.TakenUp(view):
            return [_to_the_counter(view, in_work=True)]
        case refills.NothingAsked(view):
            return [_to_the_counter(view, in_work=False)]
    return not_visible()


def _to_the_counter(view: PrescriptionView, *, in_work: bool) -> d.Handoff:
    name = "cancel_in_work" if in_work else "request_cancel"
    return d.Handoff(
        queue="counter", priority="soon", reason="request_cancel", response=f"handoff.{name}",
        values={"medicine": view.medicine}, store_id=view.store.store_id,
    )  # fmt: skip
