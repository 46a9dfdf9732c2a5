"""Many patients in one Rasa: what is left of them; for tests/nlu/test_lean_rasa.py.

Runs in Rasa's environment: ``python -m tests.nlu.many_senders MODEL COUNT``. Standard output: how
many objects there were after the first turns, and after those of COUNT other senders; how many
locks, and histories that decisions are remembered for.
"""

import asyncio
import gc
import json
import sys
from typing import Any

from bot.nlu.quiet import prepare_process

READING = {"text": "hi", "intent": {"name": "greet", "confidence": 1.0}, "entities": []}
WARM_UP = 300


async def found(model: str, count: int) -> dict[str, int]:
    """Every other message is read by the engine for the first senders, the rest come as read."""
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
    from rasa.utils.endpoints import EndpointConfig

    from bot.nlu.forgetful import ForgetfulTrackerStore

    class Answers(EndpointConfig):
        async def request(self, *_given: Any, **_named: Any) -> Any:
            return {"events": [], "responses": [{"text": "said"}]}

    agent = Agent.load(
        model, tracker_store=ForgetfulTrackerStore(None), action_endpoint=Answers("http://actions")
    )

    async def turns(name: str, number: int, reading: "dict[str, Any] | None") -> int:
        for each in range(number):
            channel, sender = CollectingOutputChannel(), f"{name}-{each}"
            message = UserMessage(f"hi {sender}", channel, sender, parse_data=reading)
            await agent.handle_message(message)
            assert channel.messages, "no answer"
        gc.collect()
        return len(gc.get_objects())

    await turns("first", WARM_UP, None)
    before = await turns("second", WARM_UP, READING)
    read = await turns("third", WARM_UP, None)
    after = await turns("others", count, READING)
    locks = agent.lock_store.conversation_locks
    histories = agent.processor._decided
    return {
        "before": before, "read": read, "after": after, "locks": len(locks),
        "histories": len(histories),
    }  # fmt: skip


def main() -> None:
    """Command line entry."""
    prepare_process()
    from bot.nlu.lean_rasa import make_lean

    make_lean()
    json.dump(asyncio.run(found(sys.argv[1], int(sys.argv[2]))), sys.stdout)


if __name__ == "__main__":
    main()
