"""Several Rasas as one: who is asked, who is asked instead, who is left alone for a while.

Rasa keeps nothing of a conversation, so any of them can answer any message, and asking two is
harmless: an action writes the same row once, and the first answer is the one that is kept.
"""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bot.directives import Directive
from bot.gateway.rasa_client import Failed, RasaClient
from bot.pharmacy.meaning_groups import Vector

log = logging.getLogger(__name__)

# The share of a turn's time that one Rasa has before another one is asked as well.
PATIENCE = 0.35
PROBE_SECONDS = 2.0


@dataclass
class Engine:
    """One Rasa, as this gateway knows it. `serves` is the file of its model, once it was asked."""

    client: RasaClient
    avoided: bool = False
    serves: str | None = None


class RasaPool:
    """All Rasas of this gateway. A conversation stays with one of them while that one answers."""

    def __init__(self, clients: Sequence[RasaClient], seconds: float) -> None:
        self.engines = tuple(Engine(client) for client in clients)
        self._seconds = seconds
        self._active: str | None = None

    async def ask(self, conversation_id: str, text: str) -> Sequence[Directive] | None:
        """The directives of the answer; None when no Rasa has a usable one in time."""
        turn = _Turn(self, self._in_order(conversation_id), conversation_id, text)
        try:
            async with asyncio.timeout(self._seconds):
                return await turn.answer(self._seconds * PATIENCE)
        except TimeoutError:
            turn.give_up()
            return None
        finally:
            await turn.end()

    async def vectors(self, texts: Sequence[str]) -> Sequence[Vector] | None:
        """What redacted texts mean, as `RasaClient.vectors` says; None when no Rasa tells."""
        for engine in sorted(self.engines, key=self._rank):
            found = await engine.client.vectors(texts)
            if found is not None:
                return found
        return None

    async def is_ready(self) -> bool:
        """Whether at least one of them answers."""
        return any(await self.answering())

    async def answering(self) -> list[bool]:
        """Which of them answer now, in the order of the setting."""
        served = await asyncio.gather(*(engine.client.serves() for engine in self.engines))
        return [name is not None for name in served]

    async def probe(self) -> None:
        """Look whether those that are avoided answer again."""
        await asyncio.gather(*(self._look(engine) for engine in self.engines if engine.avoided))

    async def look(self, active: str) -> list[Engine]:
        """Ask each what it serves; those that answer and serve another model than the active one.

        From now on, the others are preferred to these.
        """
        self._active = active
        await asyncio.gather(*(self._look(engine) for engine in self.engines))
        return [engine for engine in self.engines if not engine.avoided and self._is_stale(engine)]

    def avoid(self, engine: Engine) -> None:
        """Ask others first until this one answers a probe."""
        if not engine.avoided:
            log.error("the Rasa at %s is avoided: it does not answer", engine.client.url)
        engine.avoided = True

    async def _look(self, engine: Engine) -> None:
        served = await engine.client.serves()
        if served is None:
            self.avoid(engine)
            return
        engine.serves = served
        if engine.avoided:
            log.warning("the Rasa at %s answers again", engine.client.url)
        engine.avoided = False

    def _in_order(self, conversation_id: str) -> list[Engine]:
        """The best first; among equals, another one for each conversation, but always that one.

        Rendezvous hashing: when one is away, only its own conversations move.
        """
        return sorted(
            self.engines,
            key=lambda engine: (self._rank(engine), _weight(engine.client.url, conversation_id)),
        )

    def _rank(self, engine: Engine) -> int:
        return 2 if engine.avoided else int(self._is_stale(engine))

    def _is_stale(self, engine: Engine) -> bool:
        return None not in (self._active, engine.serves) and engine.serves != self._active


class _Turn:
    """One message and the Rasas that are asked about it, one after the other or at once."""

    def __init__(
        self, pool: RasaPool, order: Sequence[Engine], conversation_id: str, text: str
    ) -> None:
        self._pool = pool
        self._left = deque(order)
        self._message = (conversation_id, text)
        self._asked: dict[asyncio.Task[Sequence[Directive] | Failed], Engine] = {}

    async def answer(self, patience: float) -> Sequence[Directive] | None:
        """The first usable answer. One that is silent for `patience` seconds gets company."""
        self._ask_next()
        while self._asked:
            done, _ = await asyncio.wait(
                self._asked,
                timeout=patience if self._has_company() else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                self.give_up()
                self._ask_next()
            for task in done:
                engine, outcome = self._asked.pop(task), task.result()
                if not isinstance(outcome, Failed):
                    return outcome
                if outcome.away:
                    self._pool.avoid(engine)
                if not self._asked and self._left and (outcome.away or self._has_company()):
                    self._ask_next()
        return None

    def give_up(self) -> None:
        """Have those avoided that are silent."""
        for engine in self._asked.values():
            self._pool.avoid(engine)

    async def end(self) -> None:
        """Ask no longer: an answer that comes now is dropped."""
        for task in self._asked:
            task.cancel()
        await asyncio.gather(*self._asked, return_exceptions=True)

    def _ask_next(self) -> None:
        engine = self._left.popleft()
        self._asked[asyncio.create_task(engine.client.ask(*self._message))] = engine

    def _has_company(self) -> bool:
        """Whether there is one left that is well: with all of them slow, more work helps nobody."""
        return bool(self._left) and not self._left[0].avoided


def _weight(url: str, conversation_id: str) -> bytes:
    return hashlib.blake2b(f"{url} {conversation_id}".encode(), digest_size=8).digest()
