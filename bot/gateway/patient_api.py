"""What a patient's device sends, the same over HTTP and socket: checked, stored, passed on."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from aiohttp import web
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    model_validator,
)

from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, HUB, MESSAGES, METRICS, RUNNER
from bot.pharmacy.typed_text import is_blank, storable
from bot.request_ids import current_request_id
from bot.services import conversations
from bot.services.admission import Standing
from bot.services.conversations import Ended, NotOffered, Stored
from bot.services.questions import feedback
from bot.services.questions.feedback import UnknownEvent
from bot.stopwatch import timed

# Visible ASCII, so that every database can be asked for it.
ClientId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]+$")]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="ignore")


class SentMessage(_Sent):
    """A message; its length and emptiness are judged apart, for clearer errors."""

    client_id: ClientId
    text: str


class SentChoice(_Sent):
    """A tap on a button."""

    client_id: ClientId
    choice_id: ClientId


class SentFeedback(_Sent):
    """Whether an answer of the assistant's, the event `seq`, has helped."""

    seq: int = Field(ge=1, lt=2**31)
    helpful: StrictBool


class SentIdentity(_Sent):
    """The identity form: one of Rx number and phone number."""

    last_name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)
    ]
    date_of_birth: date
    rx_number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "SentIdentity":
        if not self.rx_number and not self.phone:
            raise ValueError("rx_number or phone is needed")
        return self


def read[Body: BaseModel](kind: type[Body], data: Any, locale: str, code: str) -> Body:
    """The body as `kind`; ApiError with `code` when it is not of that form."""
    try:
        return kind.model_validate(data)
    except ValidationError:
        raise ApiError(code, locale) from None


@dataclass(frozen=True)
class Patient:
    """One patient's device in one conversation."""

    web_app: web.Application
    standing: Standing

    @property
    def locale(self) -> str:
        """The language of the error messages."""
        return self.standing.locale

    async def send_message(self, data: Any) -> tuple[Stored, str]:
        """Store a message and see to its answer. Raises ApiError."""
        app = self.web_app[APP]
        sent = read(SentMessage, data, self.locale, "bad_request")
        limit = app.settings.max_text_chars
        if len(sent.text) > limit:
            raise ApiError("text_too_long", self.locale, limit=limit)
        text = storable(sent.text)
        if is_blank(text):
            raise ApiError("text_empty", self.locale)
        if repeated := await self._within_limit(sent.client_id):
            return repeated, sent.client_id
        with timed() as watch:
            stored = self._stored(
                await conversations.take_message(
                    app.database, self.standing.conversation_id, sent.client_id, text,
                    app.rules, app.now(), self._lease(),
                )
            )  # fmt: skip
            self.web_app[METRICS].message_stored(watch, repeated=stored.repeated)
        return stored, sent.client_id

    async def send_choice(self, data: Any) -> tuple[Stored, str]:
        """Store a tap on a button and see to its answer. Raises ApiError."""
        app = self.web_app[APP]
        sent = read(SentChoice, data, self.locale, "bad_request")
        if repeated := await self._within_limit(sent.client_id):
            return repeated, sent.client_id
        with timed() as watch:
            found = await conversations.take_choice(
                app.database, self.standing.conversation_id, sent.client_id, sent.choice_id,
                app.rules, app.now(), self._lease(),
            )  # fmt: skip
            if isinstance(found, NotOffered):
                raise ApiError("unknown_choice", self.locale)
            stored = self._stored(found)
            self.web_app[METRICS].message_stored(watch, repeated=stored.repeated)
        return stored, sent.client_id

    async def send_feedback(self, data: Any) -> None:
        """Keep whether an answer has helped; it may be changed. Raises ApiError."""
        app = self.web_app[APP]
        sent = read(SentFeedback, data, self.locale, "bad_request")
        conversation_id = self.standing.conversation_id
        if not await self.web_app[MESSAGES].allows(conversation_id):
            raise ApiError("rate_limited", self.locale)
        done = await feedback.take(
            app.database, conversation_id, sent.seq, app.rules, app.now(), helpful=sent.helpful
        )
        if isinstance(done, UnknownEvent):
            raise ApiError("unknown_event", self.locale)
        if isinstance(done, Ended):
            raise ApiError("conversation_ended", self.locale)

    def pass_on(self, stored: Stored, client_id: str) -> None:
        """Have a stored message answered and the other devices told."""
        conversation_id = self.standing.conversation_id
        hub = self.web_app[HUB]
        if stored.repeated:
            return
        if stored.turn:
            hub.log_grew(conversation_id, stored.events, watched=stored.watched)
            self.web_app[RUNNER].wake(
                conversation_id, stored.seq, current_request_id(), stored.owed
            )
            return
        for state in ("started", "finished"):
            frame = {"type": "turn", "state": state, "in_reply_to": client_id}
            hub.pass_on(conversation_id, frame)
            hub.log_grew(conversation_id)

    def _lease(self) -> timedelta | None:
        return self.web_app[RUNNER].lease(self.standing.conversation_id)

    async def _within_limit(self, client_id: str) -> Stored | None:
        """Refuse what comes too fast; a repeat of something stored is only acknowledged."""
        conversation_id = self.standing.conversation_id
        if await self.web_app[MESSAGES].allows(conversation_id):
            return None
        database = self.web_app[APP].database
        seq = await conversations.stored_seq(database, conversation_id, client_id)
        if seq is None:
            raise ApiError("rate_limited", self.locale)
        return Stored(seq, turn=False, repeated=True)

    def _stored(self, stored: Stored | Ended) -> Stored:
        if isinstance(stored, Ended):
            raise ApiError("conversation_ended", self.locale)
        return stored
