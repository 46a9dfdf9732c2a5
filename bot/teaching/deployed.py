"""What the deployed assistant does with a first message, given what the engine makes of it.

The red-flag screen comes first, identity details are taken out, of several questions the first is
read, the engine's fallback gives way to a guess about safety, and the intent has its route.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.pharmacy import identity_text, red_flags
from bot.pharmacy.language import Language, identify
from bot.pharmacy.routes import Route, first_route, serious_guess
from bot.pharmacy.two_questions import split
from bot.pharmacy.typed_text import NOT_UNDERSTOOD, engine_input, is_blank

FALLBACK = "nlu_fallback"
EMERGENCY = "report_emergency"
# On which no gate message depends: it only tells which years may be those of a birth.
ANY_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Reading:
    """What the engine says: its intent, and its guesses with their confidence, the best first."""

    intent: str
    ranking: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True)
class Outcome:
    """What is acted on, and who the message ends with."""

    intent: str
    route: Route

    @property
    def alarmed(self) -> bool:
        """Whether the screen or the second net takes it for an emergency."""
        return self.intent == EMERGENCY


def engine_text(text: str, today: date) -> str | None:
    """What Rasa would be given; None where the gateway decides without it.

    Identity details are taken out, and of several questions the first comes first. A language
    that the bot cannot read goes to the counter at once.
    """
    if identify(text) is Language.OTHER:
        return None
    redacted = identity_text.redact(text, today)
    given = engine_input(split(redacted.text)[0])
    return None if is_blank(text) or given == NOT_UNDERSTOOD else given


def acted_on(reading: Reading) -> str:
    """The intent that decides: the one that was understood, or a guess too serious to leave."""
    return (reading.intent == FALLBACK and serious_guess(reading.ranking)) or reading.intent


@dataclass(frozen=True)
class FirstMessage:
    """A first message as far as no model has a say in it; `given` is what Rasa is told."""

    given: str | None
    screened: bool
    other_language: bool


def first_message(text: str) -> FirstMessage:
    """What is decided about a first message without the engine: about a millisecond."""
    other = identify(text) is Language.OTHER
    return FirstMessage(engine_text(text, ANY_DAY), bool(red_flags.screen(text)), other)


def outcome(message: FirstMessage, reading: Reading | None) -> Outcome:
    """What happens to a first message; `reading` is None for what the engine is not asked.

    Nothing is looked up: a question about storing a medicine goes where it goes without records.
    """
    if message.screened:
        return Outcome(EMERGENCY, "urgent")
    if message.given is None or reading is None:
        return Outcome(FALLBACK, "counter" if message.other_language else "bot")
    intent = acted_on(reading)
    return Outcome(intent, first_route(intent, message.given))
