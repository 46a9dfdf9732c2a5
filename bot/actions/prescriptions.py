"""Questions about the patient's own prescriptions: status, refills, price."""

from abc import abstractmethod
from collections.abc import Sequence

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question
from bot.actions.requested import already
from bot.pharmacy.fill_states import FILL_STATES, UNKNOWN, Button
from bot.pharmacy.refill_rules import IN_PROGRESS
from bot.services.access import PrescriptionView
from bot.services.prescriptions import (
    Meant,
    NothingOnFile,
    Relevant,
    Views,
    is_active,
    is_open,
    meant_among,
    status_card,
)
from bot.services.refill_facts import open_request, requested

OFFERED = 9
# What the gateway leaves of identity details that were typed.
PLACEHOLDERS = ("[rx number]", "[date of birth]", "[phone number]")


def names_identity(text: str) -> bool:
    """Whether the patient typed something that says who they are or which prescription."""
    return any(placeholder in text for placeholder in PLACEHOLDERS)


def ask_identity(question: Question) -> Answer:
    """Ask who it is, and keep the question until then."""
    return [d.IdentityForm(), question.remember(question=question.ask)]


def offer(
    question: Question, views: Sequence[PrescriptionView], response: str, values: d.Values
) -> Answer:
    """A numbered choice among prescriptions."""
    shown = views[:OFFERED]
    options = tuple(
        d.Option(intent="inform", label_text=label(view), prescription_id=view.prescription.id)
        for view in shown
    )
    offered = tuple(view.prescription.id for view in shown)
    return [
        d.Choices(response=response, values=values, options=options, numbered=True),
        question.remember(question=question.ask, offered=offered, told=()),
    ]


def label(view: PrescriptionView) -> str:
    """The medicine at the beginning of a sentence or a line."""
    return view.medicine[:1].upper() + view.medicine[1:]


class PrescriptionAction(PatientAction):
    """An action that first finds out which prescription is meant."""

    def is_relevant(self, view: PrescriptionView) -> bool:
        """Which prescriptions a question without a name is about."""
        return is_active(view)

    async def relevance(self, question: Question, views: Views) -> Relevant:
        """The same, where that takes more than the prescription and its fill to know."""
        return self.is_relevant

    @abstractmethod
    async def describe(self, question: Question, view: PrescriptionView) -> Answer:
        """The answer for one prescription."""

    async def answer(self, question: Question) -> Answer:
        if not question.asker.verified:
            return ask_identity(question)
        found = await meant_among(
            question.session, question.app.catalogue, question.asker, question.text,
            lambda views: self.relevance(question, views),
        )  # fmt: skip
        if isinstance(found, NothingOnFile):
            return [
                d.Say(response="no_prescriptions"),
                d.Handoff(queue="counter", reason="no_record", response="handoff.no_record"),
                question.settled(),
            ]
        if not isinstance(found, Meant):
            return offer(question, found.views, found.response, dict(found.values))
        return await self.describe_all(question, found.views)

    async def describe_all(self, question: Question, views: Sequence[PrescriptionView]) -> Answer:
        """The answer for the prescriptions that are meant, one after the other."""
        spoken: list[d.Directive] = []
        for view in views:
            spoken += await self.describe(question, view)
        told = [view.prescription.id for view in views]
        return [*spoken, question.settled(focus=told[-1], told=told)]


class ActionAskStatus(PrescriptionAction):
    """Where a prescription is, or the request that was made for it here."""

    intents = ("ask_status",)
    from_records = True

    async def relevance(self, question: Question, views: Views) -> Relevant:
        waiting = await requested(question.session, views, question.now)
        return lambda view: is_open(view) or view.prescription.id in waiting

    async def describe(self, question: Question, view: PrescriptionView) -> Answer:
        fill = view.fill
        if fill is None or fill.state not in IN_PROGRESS:
            asked = await open_request(question.session, view, question.now)
            if asked is not None:
                return already(view, asked)
        if fill is None:
            return [_without_fill(view)]
        card = await status_card(question.session, view, fill, question.now)
        state = FILL_STATES.get(fill.state, UNKNOWN)
        spoken: list[d.Directive] = [card]
        status = view.prescription.status
        if state.finished and status not in ("active", state.name):
            # What became of the prescription after this fill.
            spoken.append(refills_sentence(view))
        if card.late or state is UNKNOWN:
            spoken.append(
                d.Handoff(
                    queue="counter",
                    reason="unknown_state" if state is UNKNOWN else "late_fill",
                    store_id=view.store.store_id,
                    transfers=False,
                )
            )
        return [*spoken, _buttons(view, state.buttons)]


def _buttons(view: PrescriptionView, buttons: Sequence[Button]) -> d.Choices:
    options = tuple(
        d.Option(intent=button.value, prescription_id=view.prescription.id) for button in buttons
    )
    return d.Choices(response="what_next", options=options)


def _without_fill(view: PrescriptionView) -> d.Say:
    if view.prescription.status != "active":
        return refills_sentence(view)
    return d.Say(
        response="no_fill",
        values={
            "medicine": view.medicine,
            "store_name": view.store.name,
            "refills_remaining": view.prescription.refills_remaining,
        },
        timezone=view.store.timezone,
    )


class ActionAskRefillsLeft(PrescriptionAction):
    """How many refills are left, and when the next one is due."""

    intents = ("ask_refills_left",)
    from_records = True

    async def describe(self, question: Question, view: PrescriptionView) -> Answer:
        today = question.now.date()
        expires_on = view.prescription.expires_on
        expired = expires_on is not None and expires_on < today
        asked = await open_request(question.session, view, question.now)
        if asked is not None:
            count = view.prescription.refills_remaining
            values: d.Values = {"medicine": view.medicine, "refills_remaining": count}
            return [d.Say(response="refills.requested", values=values), *already(view, asked)]
        return [refills_sentence(view, expired=expired)]


def refills_sentence(view: PrescriptionView, *, expired: bool = False) -> d.Say:
    """What the prescription itself allows, apart from any fill."""
    prescription = view.prescription
    count = prescription.refills_remaining
    name = {0: "none", 1: "one"}.get(count, "some")
    if prescription.status != "active":
        name = prescription.status
    elif expired:
        name = "expired"
    earliest = view.fill.earliest_refill_on if view.fill else None
    return d.Say(
        response=f"refills.{name}",
        values={
            "medicine": label(view),
            "refills_remaining": count,
            "expires_on": prescription.expires_on.isoformat() if prescription.expires_on else None,
            "earliest_refill_on": earliest.isoformat() if earliest else None,
            "transferred_to": prescription.transferred_to,
        },
        timezone=view.store.timezone,
    )


class ActionAskPrice(PrescriptionAction):
    """The recorded copay of the present fill; anything else about money is the counter's."""

    intents = ("ask_price",)
    from_records = True

    def is_relevant(self, view: PrescriptionView) -> bool:
        return is_open(view)

    async def describe(self, question: Question, view: PrescriptionView) -> Answer:
        fill = view.fill
        if fill is None or fill.copay_cents is None:
            return [
                d.Handoff(
                    queue="counter", reason="ask_price", response="handoff.ask_price",
                    store_id=view.store.store_id,
                )
            ]  # fmt: skip
        values: d.Values = {
            "medicine": view.medicine,
            "copay_cents": fill.copay_cents,
            "as_of": fill.updated_at.isoformat(),
        }
        return [d.Say(response="price", values=values, timezone=view.store.timezone)]


class ActionAskInsurance(PrescriptionAction):
    """The recorded facts of the fill; then the counter."""

    intents = ("ask_insurance",)
    from_records = True

    def is_relevant(self, view: PrescriptionView) -> bool:
        return is_open(view)

    async def describe(self, question: Question, view: PrescriptionView) -> Answer:
        spoken: list[d.Directive] = []
        if view.fill is not None:
            spoken.append(await status_card(question.session, view, view.fill, question.now))
        handoff = d.Handoff(
            queue="counter", reason="ask_insurance", response="handoff.ask_insurance",
            store_id=view.store.store_id,
        )  # fmt: skip
        return [*spoken, handoff]
