"""Requests for a refill, and for a notice when one is ready.

Nothing is placed here: an eligible prescription is read back, and `confirmations` places it after
a yes. Every answer says whether something was placed.
"""

from collections.abc import Sequence

from bot import directives as d
from bot.actions.base import Answer, Question
from bot.actions.prescriptions import ActionAskStatus, PrescriptionAction, label
from bot.actions.requested import already, buttons
from bot.pharmacy import refill_rules as rules
from bot.pharmacy.fill_states import Button
from bot.services import refills
from bot.services.access import PrescriptionView
from bot.services.prescriptions import Relevant, Views, is_open
from bot.services.refill_facts import judge, requested

# What only a person can do something about, and what is said of it.
FOR_THE_COUNTER: dict[type[rules.Outcome], str] = {
    rules.OnHold: "not_placed.on_hold",
    rules.Controlled: "not_placed.controlled",
    rules.NotClear: "not_placed.not_clear",
    rules.RenewalDenied: "not_placed.renewal_denied",
}


class ActionRequestRefill(PrescriptionAction):
    """Reads back a refill or a renewal for a yes or a no, or says why none can be placed."""

    intents = ("request_refill",)
    from_records = True

    async def describe(self, question: Question, view: PrescriptionView) -> Answer:
        return await self.describe_all(question, (view,))

    async def describe_all(self, question: Question, views: Sequence[PrescriptionView]) -> Answer:
        spoken: list[d.Directive] = []
        for place, view in enumerate(views):
            outcome = await judge(question.session, view, question.now)
            if isinstance(outcome, rules.MayRefill | rules.NeedsRenewal):
                return [*spoken, *read_back(question, view, outcome, views[place + 1 :])]
            spoken += await tell(question, view, outcome, alone=len(views) == 1)
        return [*spoken, question.settled(focus=views[-1].prescription.id)]


def read_back(
    question: Question,
    view: PrescriptionView,
    outcome: rules.MayRefill | rules.NeedsRenewal,
    after: Sequence[PrescriptionView] = (),
) -> Answer:
    """What would be placed, and the question whether it shall be."""
    expires_on = view.prescription.expires_on
    values: d.Values = {
        "medicine": label(view),
        "quantity": view.prescription.quantity,
        "store_name": view.store.name,
        "expires_on": expires_on.isoformat() if expires_on else None,
    }
    renewal = isinstance(outcome, rules.NeedsRenewal)
    name = outcome.why if isinstance(outcome, rules.NeedsRenewal) else "refill"
    confirm = d.Confirm(
        kind="renewal" if renewal else "refill",
        prescription_id=view.prescription.id,
        then=tuple(item.prescription.id for item in after),
    )
    return yes_or_no(question, d.Say(response=f"confirm.{name}", values=values), confirm)


def yes_or_no(question: Question, asked: d.Say, confirm: d.Confirm) -> Answer:
    """A question with the two buttons, and the memory of what a yes will do."""
    options = tuple(
        d.Option(intent=intent, prescription_id=confirm.prescription_id)
        for intent in ("affirm", "deny")
    )
    settled = question.settled(focus=confirm.prescription_id)
    return [
        d.Choices(
            response=asked.response, values=asked.values, timezone=asked.timezone, options=options
        ),
        d.Remember(memory=settled.memory.model_copy(update={"confirm": confirm})),
    ]


async def tell(
    question: Question, view: PrescriptionView, outcome: rules.Outcome, *, alone: bool = True
) -> Answer:
    """Why nothing was placed, and who acts next. `alone`: nothing else is asked in this turn."""
    values: d.Values = {"medicine": view.medicine, "store_name": view.store.name}
    if type(outcome) in FOR_THE_COUNTER:
        return [
            d.Handoff(
                queue="counter", reason="request_refill", response=FOR_THE_COUNTER[type(outcome)],
                values=values, store_id=view.store.store_id, transfers=alone,
            )
        ]  # fmt: skip
    name = "cancelled"
    match outcome:
        case rules.AlreadyRequested():
            return already(view, outcome)
        case rules.InProgress():
            said = d.Say(response="not_placed.in_progress", values=values)
            return [said, *await ActionAskStatus().describe(question, view)]
        case rules.TooEarly(earliest):
            name = "too_early" if earliest else "too_early_no_date"
            values["earliest_refill_on"] = earliest.isoformat() if earliest else None
        case rules.RenewalSent(sent_at, follow_up_at):
            name = "renewal_sent"
            values["sent_at"] = sent_at.isoformat()
            values["follow_up_at"] = follow_up_at.isoformat() if follow_up_at else None
        case rules.Transferred(to):
            name = "transferred"
            values["transferred_to"] = to
    said = d.Say(response=f"not_placed.{name}", values=values, timezone=view.store.timezone)
    return [said, buttons(view, Button.REQUEST_HUMAN)]


class ActionNotifyWhenReady(PrescriptionAction):
    """Promises a message in this chat, or says why there is nothing to wait for."""

    intents = ("notify_when_ready",)
    from_records = True

    async def relevance(self, question: Question, views: Views) -> Relevant:
        waiting = await requested(question.session, views, question.now)
        return lambda view: is_open(view) or view.prescription.id in waiting

    async def describe(self, question: Question, view: PrescriptionView) -> Answer:
        values: d.Values = {"medicine": view.medicine}
        set_up = await refills.notify_when_ready(
            question.app.database, question.asker.conversation_id, view.prescription.id,
            question.now,
        )  # fmt: skip
        match set_up:
            case refills.NoticeSet(repeated=repeated):
                name = "repeated" if repeated else "set"
                return [d.Say(response=f"ready_notice.{name}", values=values)]
            case refills.ReadyNow(current):
                said = d.Say(response="ready_notice.not_needed", values=values)
                return [said, *await ActionAskStatus().describe(question, current)]
            case refills.NothingComing():
                said = d.Say(response="ready_notice.nothing_coming", values=values)
                return [said, buttons(view, Button.REQUEST_REFILL, Button.REQUEST_HUMAN)]
        return not_visible()


def not_visible() -> list[d.Directive]:
    """The prescription cannot be talked about here any more."""
    return [
        d.Say(response="no_prescriptions"),
        d.Handoff(queue="counter", reason="no_record", response="handoff.no_record"),
    ]
