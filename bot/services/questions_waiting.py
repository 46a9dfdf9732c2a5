"""Questions that wait in a conversation: for identity, for a choice, or for the one before them.

A message can hold two or three questions. The first is answered; the next is offered as a button
with the patient's own words when nothing else is open, so that none is lost.
"""

from dataclasses import dataclass

from bot import directives as d
from bot.pharmacy.two_questions import split
from bot.services.owed_turns import TakenUp
from bot.storage.conversations import Conversation

# A button's reserved meaning: its label is a question that the patient has typed.
ASK_ALSO = "ask_also"


@dataclass(frozen=True)
class Said:
    """A patient's message, as stored, and the questions in it; empty for a turn of the system's."""

    text: str = ""
    parts: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """What the language engine was given."""
        return self.parts[0] if self.parts else ""


def said_in(taken: TakenUp) -> Said:
    """What the patient said in a turn. A button is one question."""
    if taken.author != "patient":
        return Said()
    parts = (taken.text,) if "choice_id" in taken.data else split(taken.text)
    return Said(taken.text, parts)


def told_to_people(memory: d.Memory, text: str = "") -> str:
    """What a hand-over is about, by lines: what waited before, this message, what came with it."""
    waiting = [memory.question.asked_as, memory.question.text] if memory.question else []
    return "\n".join(dict.fromkeys(line for line in (*waiting, text, *memory.also) if line))


def take_next(conversation: Conversation, later: tuple[str, ...]) -> d.Choices | None:
    """After an answer: the next question to offer, if nothing is open; the rest keeps waiting.

    `later` are the further questions of the message that was answered. Who hands a conversation
    to people hands them all its questions.
    """
    memory = d.Memory.model_validate(conversation.memory)
    waiting = (*memory.also, *later) if conversation.owner == "bot" else ()
    is_open = memory.question is not None or memory.confirm is not None
    offered, rest = (None, waiting) if is_open or not waiting else (waiting[0], waiting[1:])
    if rest != memory.also:
        conversation.memory = memory.model_copy(update={"also": rest}).model_dump(mode="json")
    if offered is None:
        return None
    option = d.Option(intent=ASK_ALSO, label_text=offered)
    return d.Choices(response="also_asked", options=(option,))
