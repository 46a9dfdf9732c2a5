"""What is said of a request that waits for the pharmacy already, wherever it comes up."""

from bot import directives as d
from bot.pharmacy.fill_states import Button
from bot.pharmacy.refill_rules import AlreadyRequested
from bot.services.access import PrescriptionView


def already(view: PrescriptionView, asked: AlreadyRequested) -> tuple[d.Say, d.Choices]:
    """It was asked for before, and nothing was added."""
    said = d.Say(
        response=f"already_placed.{asked.kind}_{asked.status}",
        values={
            "medicine": view.medicine,
            "store_name": view.store.name,
            "placed_at": asked.placed_at.isoformat(),
        },
        timezone=view.store.timezone,
    )
    first = ("request_cancel",) if asked.status == "placed" else ()
    return said, buttons(view, *first, Button.NOTIFY_WHEN_READY, Button.REQUEST_HUMAN)


def buttons(view: PrescriptionView, *intents: str) -> d.Choices:
    """What the patient can do now about this prescription."""
    options = tuple(
        d.Option(intent=str(intent), prescription_id=view.prescription.id) for intent in intents
    )
    return d.Choices(response="what_next", options=options)
