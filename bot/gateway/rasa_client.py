"""The only code that calls Rasa: asks for the answer to one message of one conversation."""

import asyncio
import base64
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Literal, get_args

import aiohttp
from pydantic import ValidationError

from bot.directives import Directive, parse
from bot.pharmacy.meaning_groups import Vector, unpack
from bot.request_ids import HEADER, current_request_id

# Bytes of a float32 number.
NUMBER = 4
STATUS_SECONDS = 3

# What became of asking once. `abandoned`: another Rasa was faster, or the time was up.
Outcome = Literal[
    "answered", "nothing", "bad_status", "timeout", "unreachable", "unreadable", "abandoned"
]
OUTCOMES: tuple[str, ...] = get_args(Outcome)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failed:
    """There is no usable answer. `away`: it did not answer at all, or said that it is broken."""

    away: bool
    why: Outcome


class RasaClient:
    """Rasa's REST channel. Rasa answers 200 with `[]` when an action fails or it breaks itself."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        timeout_seconds: float,
        token: str | None = None,
        count: Callable[[Outcome], None] = lambda _outcome: None,
    ) -> None:
        self._session = session
        self.url = url
        self._count = count
        self._query: dict[str, str] = {"token": token} if token else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def ask(self, conversation_id: str, text: str) -> Sequence[Directive] | Failed:
        """The directives of the answer, if there is a usable one in time.

        `text` is a patient's message or a command of the gateway's own; neither is logged.
        """
        outcome: Outcome = "abandoned"
        try:
            answer = await self._ask(conversation_id, text)
            outcome = answer.why if isinstance(answer, Failed) else "answered"
            return answer
        finally:
            self._count(outcome)

    async def _ask(self, conversation_id: str, text: str) -> Sequence[Directive] | Failed:
        body = {"sender": conversation_id, "message": text}
        try:
            async with self._session.post(
                f"{self.url}/webhooks/rest/webhook", json=body, timeout=self._timeout, headers=_id()
            ) as response:
                if response.status != 200:
                    log.error("Rasa answered with status %s", response.status)
                    return Failed(away=response.status >= 500, why="bad_status")
                messages = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.error("Rasa did not answer: %s", type(error).__name__)
            timed_out = isinstance(error, TimeoutError)
            return Failed(away=True, why="timeout" if timed_out else "unreachable")
        try:
            spoken = [parse(message["custom"]) for message in messages if "custom" in message]
        except (ValidationError, TypeError, KeyError) as error:
            log.error("Rasa's answer could not be read: %s", type(error).__name__)
            return Failed(away=False, why="unreadable")
        if not spoken:
            log.error("Rasa answered with nothing")
            return Failed(away=False, why="nothing")
        return spoken

    async def vectors(self, texts: Sequence[str]) -> Sequence[Vector] | None:
        """What redacted texts mean, 64 at most: unit vectors in order; None when Rasa is away."""
        url = f"{self.url}/willcall/vectors"
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
                f"{self.url}/model",
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
            async with asyncio.timeout(STATUS_SECONDS):
                async with self._session.get(f"{self.url}/status", params=self._query) as response:
                    if response.status != 200:
                        return None
                    return PurePath(str((await response.json())["model_file"])).name
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
            return None

    async def is_ready(self) -> bool:
        """Whether Rasa has loaded a model and answers."""
        return await self.serves() is not None


def _id() -> dict[str, str]:
    """The header that joins Rasa's log lines with ours."""
    request_id = current_request_id()
    return {HEADER: request_id} if request_id else {}


def _rows(answer: dict[str, Any], count: int) -> list[Vector]:
    """The vectors of an answer. Raises ValueError, KeyError or TypeError for another form."""
    data = base64.b64decode(answer["vectors"], validate=True)
    width = int(answer["size"]) * NUMBER
    if width <= 0 or len(data) != width * count:
        raise ValueError("not the vectors that were asked for")
    return [unpack(data[at : at + width]) for at in range(0, len(data), width)]
