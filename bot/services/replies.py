"""Turns the directives of a turn into events: the last step before the patient sees an answer."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.pharmacy.desk import CALL_BACK
from bot.services import call_backs, escalations
from bot.services.event_log import append
from bot.services.notices import say_urgent
from bot.services.occurrences import RedFlagRaised, RefillPlaced, note
from bot.services.questions import recording
from bot.services.questions.recording import Guess
from bot.services.status_card import render_card
from bot.storage.conversations import Choice, Conversation
from bot.storage.plain_rows import add_row
from bot.wording import Wording

RESUME_ASSISTANT = "resume_assistant"


@dataclass
class Reply:
    """Writes one answer into a locked conversation.

    `question` is what the patient asked, as stored, for people; `heard` the part of the message
    that the answer belongs to; `seq` its event.
    """

    session: AsyncSession
    conversation: Conversation
    wording: Wording
    now: datetime
    question: str
    timezone: str
    country: str = "US"
    heard: str = ""
    seq: int | None = None

    async def say_all(self, spoken: Sequence[d.Directive]) -> None:
        """Carry out the directives in order; a change of owner comes last."""
        for directive in spoken:
            await self._carry_out(directive)
        handed_over = [item for item in spoken if isinstance(item, d.Handoff) and item.transfers]
        if handed_over and self.conversation.owner == "bot":
            await self.hand_to_queue()

    async def hand_to_queue(self) -> None:
        """Give the conversation to the queue, with a way back to the assistant meanwhile."""
        await escalations.pass_to_queue(self.session, self.conversation, self.wording, self.now)
        await self.offer_meanwhile()

    async def offer_meanwhile(self) -> None:
        """What the patient can do in the queue: ask the assistant more, ask for a phone call."""
        if self.conversation.owner != "queue":
            return
        options = [d.Option(intent=RESUME_ASSISTANT, label="button.resume_assistant")]
        label = await call_backs.button(self.session, self.conversation.conversation_id, self.now)
        if label is not None:
            options.append(d.Option(intent=CALL_BACK, label=label))
        response = "while_closed" if label == call_backs.ASK else "while_waiting"
        self._choices(d.Choices(response=response, options=tuple(options)))

    async def _carry_out(self, directive: d.Directive) -> None:
        match directive:
            case d.Say():
                self.say(directive)
            case d.Remember():
                self.conversation.memory = directive.memory.model_dump(mode="json")
            case d.IdentityForm():
                self._bot("identity_form", self.text("identity_form"))
            case d.Choices():
                self._choices(directive)
            case d.StatusCard():
                card = render_card(directive, self.wording, self.now)
                self._bot("status_card", card.text, **card.data)
            case d.Notice(urgent=True):
                say_urgent(
                    self.session, self.conversation, directive.families, self.wording,
                    self.country, self.now,
                )  # fmt: skip
                note(self.session, RedFlagRaised("second_net", directive.families))
            case d.Notice():
                text = self.text(directive.response, directive.values)
                self._bot("notice", text, urgent=False)
            case d.Handoff():
                await self._hand_over(directive)
            case d.Unanswered():
                guess = Guess(directive.intent, directive.confidence, directive.ranking)
                await self.keep_for_review("unanswered", guess)
            case d.RefillPlaced():
                values: d.Values = {
                    "medicine": directive.medicine,
                    "store_name": directive.store_name,
                    "placed_at": directive.placed_at,
                }
                text = self.text(f"placed.{directive.kind}", values, directive.timezone)
                self._bot("message", text)
                note(self.session, RefillPlaced(directive.kind))

    def _bot(self, kind: str, text: str, **data: Any) -> int:
        return append(
            self.session, self.conversation, kind, "bot", text, at=self.now, **data
        )  # fmt: skip

    def say(self, said: d.Say) -> None:
        """Write one sentence of the assistant's."""
        zone = said.timezone or self.timezone
        self._bot("message", self.text(said.response, said.values, zone))

    def text(self, name: str, values: d.Values | None = None, timezone: str | None = None) -> str:
        return self.wording.render(name, values, now=self.now, timezone=timezone or self.timezone)

    def _choices(self, directive: d.Choices) -> None:
        labels = [
            option.label_text or self.text(option.label or f"button.{option.intent}")
            for option in directive.options
        ]
        ids = [secrets.token_urlsafe(9) for _ in labels]
        text = self.text(directive.response, directive.values, directive.timezone)
        listing = [f"{number}. {label}" for number, label in enumerate(labels, start=1)]
        if directive.numbered:
            text = f"{text}\n\n" + "\n".join(listing)
        else:
            text = f"{text}\n\n" + " · ".join(labels)
        seq = self._bot(
            "choices",
            text,
            choices=[
                {"choice_id": choice_id, "label": label}
                for choice_id, label in zip(ids, labels, strict=True)
            ],
        )
        for choice_id, label, option in zip(ids, labels, directive.options, strict=True):
            add_row(
                self.session,
                Choice,
                choice_id=choice_id,
                conversation_id=self.conversation.conversation_id,
                seq=seq,
                label=label,
                intent=option.intent,
                prescription_id=option.prescription_id,
                product_id=option.product_id,
                value=option.value,
            )

    async def _hand_over(self, handoff: d.Handoff) -> None:
        promise = await escalations.hand_over(
            self.session, self.conversation, handoff, self.question, self.wording, self.now
        )
        said = self.text(handoff.response, handoff.values) if handoff.response else ""
        self._bot("message", f"{said} {promise.text}".strip())

    async def keep_for_review(self, kind: recording.Kind, guess: Guess) -> None:
        """Record the question that is being answered for a pharmacist's review."""
        text = self.heard or self.question
        await recording.record(
            self.session, self.conversation, kind, text, self.seq, guess, self.timezone, self.now
        )
