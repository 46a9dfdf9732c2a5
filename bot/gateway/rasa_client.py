"""The only code that calls Rasa: asks for the answer to one message of one conversation."""

import asyncio
import logging
from collections.abc import Sequence

import aiohttp
from pydantic import ValidationError

from bot.directives import Directive, parse

log = logging.getLogger(__name__)


class RasaClient:
    """Rasa's REST channel. Rasa answers 200 with `[]` when an action fails or it breaks itself."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        timeout_seconds: float,
        token: str | None = None,
    ) -> None:
        self._session = session
        self._url = url
        self._query: dict[str, str] = {"token": token} if token else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def ask(self, conversation_id: str, text: str) -> Sequence[Directive] | None:
        """The directives of the answer; None when there is no usable one in time.

        `text` is a patient's message or a command of the gateway's own; neither is logged.
        """
        body = {"sender": conversation_id, "message": text}
        try:
            async with self._session.post(
                f"{self._url}/webhooks/rest/webhook", json=body, timeout=self._timeout
            ) as response:
                if response.status != 200:
                    log.error("Rasa answered with status %s", response.status)
                    return None
                messages = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.error("Rasa did not answer: %s", type(error).__name__)
            return None
        try:
            spoken = [parse(message["custom"]) for message in messages if "custom" in message]
        except (ValidationError, TypeError, KeyError) as error:
            log.error("Rasa's answer could not be read: %s", type(error).__name__)
            return None
        if not spoken:
            log.error("Rasa answered with nothing")
            return None
        return spoken

    async def is_ready(self) -> bool:
        """Whether Rasa has loaded a model and answers."""
        try:
            async with asyncio.timeout(3):
                async with self._session.get(f"{self._url}/status", params=self._query) as response:
                    return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False
