"""What a message can mean, for people who choose: each intent of domain.yml in a few words.

`clinical` is what only a pharmacist answers, or what is urgent.
"""

from dataclasses import dataclass

from bot.pharmacy.desk import CLINICAL


@dataclass(frozen=True)
class Intent:
    """A meaning with its label for the staff."""

    name: str
    label: str

    @property
    def clinical(self) -> bool:
        """Whether the answer is a pharmacist's."""
        return self.name in CLINICAL


_LABELS = {
    "ask_status": "Is my prescription ready",
    "ask_refills_left": "How many refills are left",
    "request_refill": "Please refill it",
    "request_cancel": "Cancel a request",
    "notify_when_ready": "Tell me when it is ready",
    "ask_availability": "Do you have this medicine",
    "ask_hours": "When are you open",
    "ask_contact": "Address, phone, fax",
    "ask_pickup_rules": "Who can pick it up, and with what",
    "ask_delivery": "Delivery and mail",
    "ask_price": "What does it cost",
    "ask_insurance": "Insurance and coverage",
    "ask_directions": "What does my label say",
    "ask_storage": "Storing, disposing, food",
    "ask_clinical": "A question for the pharmacist",
    "report_emergency": "May be an emergency",
    "report_wrong_medicine": "Wrong or different medicine",
    "report_ran_out": "Ran out of a critical medicine",
    "request_human": "Wants a person",
    "complaint": "Complaint",
    "request_transfer": "Transfer a prescription",
    "update_profile": "Change of details",
    "inform": "Names a medicine or a detail",
    "refuse_identity": "Will not say who they are",
    "greet": "Hello",
    "goodbye": "Goodbye",
    "thank": "Thank you",
    "affirm": "Yes",
    "deny": "No",
    "help": "What can you do",
    "bot_challenge": "Are you a robot",
    "cancel": "Never mind",
    "out_of_scope": "Nothing that a pharmacy answers",
}
INTENTS = tuple(Intent(name, label) for name, label in _LABELS.items())
NAMES = frozenset(_LABELS)


def label(name: str) -> str:
    """An intent in words; one without words is shown as it is."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())
