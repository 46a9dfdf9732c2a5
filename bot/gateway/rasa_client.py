"""The only code that calls Rasa: asks for the answer to one message of one conversation."""

import asyncio
import base64
import logging
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

import aiohttp
from pydantic import ValidationError

from bot.directives import Directive, parse
from bot.pharmacy.meaning_groups import Vector, unpack

# Bytes of a float32 number.
NUMBER = 4

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

    async def vectors(self, texts: Sequence[str]) -> Sequence[Vector] | None:
        """What redacted texts mean, 64 at most: unit vectors in order; None when Rasa is away."""
        url = f"{self._url}/willcall/vectors"
        try:
            async with self._session.post(
                url, json={"texts": list(texts)}, params=self._query, timeout=self._timeout
            ) as response:
                if response.status != 200:
                    log.warning("Rasa gave no vectors: status %s", response.status)
                    return None
                return _rows(await response.json(), len(texts))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            log.warning("Rasa gave no vectors: %s", type(error).__name__)
            return None

    async def load(self, model: Path, seconds: float) -> bool:
        """Have Rasa serve a model from now on, and wait until it does.

        It takes the messages under way to their end with the model that they began with, and
        keeps that model when it cannot load the other one.
        """
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.put(
                f"{self._url}/model",
                json={"model_file": str(model)},
                params=self._query,
                timeout=timeout,
            ) as response:
                if response.status != 204:
                    log.error("Rasa did not load a model: status %s", response.status)
                    return False
        except (aiohttp.ClientError, TimeoutError) as error:
            log.error("Rasa did not load a model: %s", type(error).__name__)
            return False
        return await self.serves() == model.name

    async def serves(self) -> str | None:
        """The name of the file that Rasa serves; None when it does not answer."""
        try:
            async with asyncio.timeout(3):
                async with self._session.get(f"{self._url}/status", params=self._query) as response:
                    if response.status != 200:
                        return None
                    return PurePath(str((await response.json())["model_file"])).name
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
            return None

    async def is_ready(self) -> bool:
        """Whether Rasa has loaded a model and answers."""
        try:
            async with asyncio.timeout(3):
                async with self._session.get(f"{self._url}/status", params=self._query) as response:
                    return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


def _rows(answer: dict[str, Any], count: int) -> list[Vector]:
    """The vectors of an answer. Raises ValueError, KeyError or TypeError for another form."""
    data = base64.b64decode(answer["vectors"], validate=True)
    width = int(answer["size"]) * NUMBER
    if width <= 0 or len(data) != width * count:
        raise ValueError("not the vectors that were asked for")
    return [unpack(data[at : at + width]) for at in range(0, len(data), width)]
