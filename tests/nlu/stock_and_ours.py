"""Runs messages through Rasa as it is and as bot.nlu changes it; for tests/nlu/test_lean_rasa.py.

Runs in Rasa's environment: ``python -m tests.nlu.stock_and_ours MODEL``. Standard input: a JSON
list of messages. Standard output: ``{"stock": [...], "ours": [...]}``, for each message what the
action server was asked, what was sent to the patient, and what happened in the conversation.
"""

import asyncio
import json
import sys
from typing import Any

from bot.nlu.quiet import prepare_process

Told = dict[str, Any]
SAID = {"events": [], "responses": [{"text": "said"}, {"custom": {"kind": "card"}, "buttons": []}]}
# What the action server answers when the patient says so; otherwise SAID.
SCRIPT: dict[str, Any] = {
    "followup": {"events": [{"event": "followup", "name": "action_help"}], "responses": []},
    "slot": {"events": [{"event": "slot", "name": "x", "value": 1}], "responses": []},
    "pause": {"events": [{"event": "pause"}], "responses": [{"text": "paused"}]},
    "user": {"events": [{"event": "user", "text": "/thank"}], "responses": []},
    "invalid": {"events": [{"event": 7}], "responses": []},
    "nonsense": {"events": "none", "responses": "none"},
    "nothing": {},
    "null": None,
}


def main() -> None:
    """Both, in one process: first Rasa as it is."""
    prepare_process()
    from bot.nlu.lean_rasa import make_lean

    messages: list[str] = json.load(sys.stdin)
    found = {"stock": asyncio.run(_answers(sys.argv[1], messages))}
    make_lean()
    found["ours"] = asyncio.run(_answers(sys.argv[1], messages))
    json.dump(found, sys.stdout)


async def _answers(model: str, messages: list[str]) -> list[Told]:
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
    from rasa.utils.endpoints import ClientResponseError, EndpointConfig

    from bot.nlu.forgetful import ForgetfulTrackerStore

    told: Told = {}

    class Scripted(EndpointConfig):
        async def request(self, *_given: Any, **named: Any) -> Any:
            body = named["json"]
            message = body["tracker"]["latest_message"]
            read = ("text", "intent", "intent_ranking", "entities")
            asked = {"message": {name: message.get(name) for name in read}}
            keys = ("next_action", "sender_id")
            told["asked"].append({**asked, **{key: body[key] for key in keys}})
            wish = message["text"].rpartition("#")[2]
            if wish in ("400", "500") and len(told["asked"]) == 1:
                text = json.dumps({"error": "no", "action_name": body["next_action"]})
                raise ClientResponseError(int(wish), "no", text)
            answer = SCRIPT.get(wish, SAID) if len(told["asked"]) == 1 else SAID
            return json.loads(json.dumps(answer))

    class Seen(ForgetfulTrackerStore):
        async def save(self, tracker: Any) -> None:
            told["events"] = [_plain(event.as_dict()) for event in tracker.events]

    agent = Agent.load(model, tracker_store=Seen(None), action_endpoint=Scripted("http://actions"))
    answers = []
    for number, text in enumerate([*messages, *messages]):  # what is remembered comes again
        told = {"asked": []}
        collected = CollectingOutputChannel()
        try:
            await agent.handle_message(UserMessage(text, collected, str(number), message_id="1"))
        except Exception as error:
            told["raised"] = type(error).__name__
        answers.append({**told, "text": text, "sent": collected.messages})
    return answers


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """An event without its time."""
    return {key: value for key, value in event.items() if key != "timestamp"}


if __name__ == "__main__":
    main()
