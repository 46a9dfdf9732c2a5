"""Tells the other gateways of this database what happened here, and hears what happened there.

News travel through PostgreSQL's NOTIFY, after the transaction that they are about. They may be
lost: whoever has not listened for a moment wakes everybody here, and the lengths of the logs are
looked up now and then. With SQLite there is one gateway, and none of this.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.gateway.desk_feed import DeskFeed
from bot.gateway.hub import Hub
from bot.gateway.loops import finish
from bot.gateway.news import BUNDLE, Bundle, ForConsoles, Frame, Grew, News, SignedOut
from bot.services import log_lengths

log = logging.getLogger(__name__)

# How often the lengths of the logs are looked up, while news come and while they do not.
LOOK_SECONDS = 5.0
LOOK_SECONDS_DEAF = 1.0
RETRY_SECONDS = 1.0
# Bytes of one message to the channel, with room for the frame around the news.
LARGEST = 7000
# News that wait while the database is away; what is older is of no use by then.
WAITING = 5000


class BetweenGateways:
    """This gateway's ear and voice."""

    def __init__(self, app: Application, hub: Hub, desk: DeskFeed) -> None:
        self._app = app
        self._hub = hub
        self._desk = desk
        self._name = secrets.token_hex(8)
        self._waiting: list[News] = []
        self._something = asyncio.Event()
        self._hears = False
        self._look_at = 0.0
        self._lengths: dict[str, int] = {}
        if app.channel is not None:
            hub.tell_others(self._tell)
            desk.tell_others(self._tell)

    async def run(self, stopping: asyncio.Event) -> None:
        """Listen and tell until `stopping` is set."""
        if self._app.channel is None:
            return
        tasks = [asyncio.create_task(work()) for work in (self._listen, self._send, self._look)]
        await stopping.wait()
        for task in tasks:
            task.cancel()
        await finish(*tasks)
        await self._app.channel.close()

    def _tell(self, news: News) -> None:
        if isinstance(news, Grew) and news == self._last_about(news.conversation_id):
            return
        if len(self._waiting) < WAITING:
            self._waiting.append(news)
        self._something.set()

    def _last_about(self, conversation_id: str) -> News | None:
        """The last news about a conversation that have not been sent yet."""
        for news in reversed(self._waiting[-64:]):
            if getattr(news, "conversation_id", None) == conversation_id:
                return news
        return None

    async def _send(self) -> None:
        """Send what waits, together; what cannot be sent is dropped: others look by themselves."""
        channel = self._app.channel
        assert channel is not None
        told_away = False
        while True:
            await self._something.wait()
            self._something.clear()
            news, self._waiting = self._waiting, []
            try:
                await channel.send(list(self._messages(news)))
                told_away = False
            except OSError as error:
                if not told_away:
                    log.error("other gateways cannot be told: %s", error)
                told_away = True
                await asyncio.sleep(RETRY_SECONDS)
                self._waiting.clear()
            except Exception as error:
                log.exception("other gateways could not be told: %s", type(error).__name__)

    def _messages(self, news: Sequence[News]) -> Iterator[str]:
        """The news in messages that are not too large."""
        size, start = 0, 0
        for at, item in enumerate(news):
            length = len(item.model_dump_json()) + 1
            if size + length > LARGEST and at > start:
                yield self._message(news[start:at])
                size, start = 0, at
            size += length
        if start < len(news):
            yield self._message(news[start:])

    def _message(self, news: Sequence[News]) -> str:
        return Bundle(gateway=self._name, news=list(news)).model_dump_json()

    async def _listen(self) -> None:
        """Hear what others tell; connect again, and again."""
        channel = self._app.channel
        assert channel is not None
        while True:
            try:
                async with channel.listening() as messages:
                    if not self._hears:
                        log.info("listening to the other gateways")
                    self._hears = True
                    self._wake_all()
                    async for message in messages:
                        self._hear(message)
            except OSError as error:
                log.error("other gateways cannot be heard: %s", error)
            except Exception as error:
                log.exception("other gateways could not be heard: %s", type(error).__name__)
            self._hears = False
            await asyncio.sleep(RETRY_SECONDS)

    def _wake_all(self) -> None:
        """Whatever was told while nobody listened: everybody reads again."""
        for conversation_id in self._hub.conversations():
            self._hub.wake(conversation_id)
        self._desk.wake()

    def _hear(self, message: str) -> None:
        try:
            bundle = BUNDLE.validate_json(message)
        except ValidationError:
            # Of another version, during an upgrade; the look-up finds what counts.
            log.warning("another gateway said something unknown")
            return
        if bundle.gateway == self._name:
            return
        for news in bundle.news:
            self._take(news)

    def _take(self, news: News) -> None:
        match news:
            case Grew():
                self._hub.log_grew_here(news.conversation_id)
            case Frame():
                self._hub.pass_on_here(news.conversation_id, news.frame)
            case ForConsoles():
                self._desk.pass_on_here(news)
            case SignedOut():
                self._desk.signed_out_here(news)

    async def _look(self) -> None:
        """Look now and then whether a log has grown that nobody told about."""
        while True:
            await asyncio.sleep(LOOK_SECONDS_DEAF)
            if self._hears and time.monotonic() < self._look_at:
                continue
            self._look_at = time.monotonic() + LOOK_SECONDS
            with suppress(SQLAlchemyError, OSError):
                await self._wake_grown()

    async def _wake_grown(self) -> None:
        known = self._lengths
        listened = self._hub.conversations()
        self._lengths = await log_lengths.lengths(self._app.database, listened)
        for conversation_id in listened:
            # One that is gone altogether has grown as well: its devices find that it has ended.
            if self._lengths.get(conversation_id) != known.get(conversation_id, -1):
                self._hub.wake(conversation_id)
