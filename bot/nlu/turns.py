"""Rasa's processor of messages, without the work whose result is known.

What the policies of config.yml decide depends on what has happened in the conversation: which
intents, which actions. Here a conversation is one message long (bot.nlu.forgetful), so that the
same few histories come again and again, and a decision that was made once for a history holds.
"""

import copy
from typing import Any, Dict, List, Optional, Tuple

from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.graph import GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    SessionStarted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT

# What has happened so far, as far as these policies see it.
History = Tuple[Tuple[str, ...], ...]
MOST_HISTORIES = 1000
# Policies that look at intents and actions alone, and decide the same each time.
_CERTAIN = (MemoizationPolicy, RulePolicy)


class TurnProcessor(MessageProcessor):
    """Answers what Rasa's processor answers."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """As Rasa's: loads the model."""
        super().__init__(*given, **named)
        self._intents = frozenset(self.domain.intents)
        self._remembers = _decides_by_history(self.model_metadata.predict_schema, self.graph_runner)
        self._decided: Dict[History, PolicyPrediction] = {}

    def _check_for_unseen_features(self, parse_data: Dict[str, Any]) -> None:
        # Rasa builds an empty domain for every message, to see whether its own one is empty.
        if parse_data["entities"] or parse_data["intent"]["name"] not in self._intents:
            super()._check_for_unseen_features(parse_data)

    def _predict_next_with_tracker(self, tracker: DialogueStateTracker) -> PolicyPrediction:
        history = history_of(tracker) if self._remembers else None
        if history is None:
            return super()._predict_next_with_tracker(tracker)
        decided = self._decided.get(history)
        if decided is None:
            decided = super()._predict_next_with_tracker(tracker)
            if len(self._decided) < MOST_HISTORIES:
                self._decided[history] = decided
        return _own(decided)


def history_of(tracker: DialogueStateTracker) -> Optional[History]:
    """The intents and actions of a conversation; None if there has been anything else in it."""
    if tracker.followup_action or tracker.active_loop or tracker.is_paused():
        return None
    history: List[Tuple[str, ...]] = []
    for event in tracker.events:
        seen = _seen(event)
        if seen is None:
            return None
        history.append(seen)
    return tuple(history)


def _seen(event: Event) -> Optional[Tuple[str, ...]]:
    """What policies see of an event: its kind and a name; None if it may be more."""
    kind = type(event)
    if kind is UserUttered and event.intent_name and not event.entities:
        return "user", event.intent_name
    if kind is ActionExecuted and event.action_name:
        return "action", event.action_name, str(event.hide_rule_turn)
    if kind is DefinePrevUserUtteredFeaturization:
        return "featurization", str(event.use_text_for_featurization)
    return (event.type_name,) if kind in (SessionStarted, BotUttered) else None


def _decides_by_history(schema: GraphSchema, runner: GraphRunner) -> bool:
    """Whether what the model's policies decide depends on nothing but intents and actions."""
    policies = [node.uses for node in schema.nodes.values() if issubclass(node.uses, Policy)]
    return all(policy in _CERTAIN for policy in policies) and not _reads_words(runner)


def _reads_words(runner: GraphRunner) -> bool:
    """Whether a rule waits for a message's words instead of its intent."""
    nodes = runner._instantiated_nodes.values()
    policies = [node._component for node in nodes if isinstance(node._component, RulePolicy)]
    return any(f'"{TEXT}"' in rule for policy in policies for rule in policy.lookup[RULES])


def _own(prediction: PolicyPrediction) -> PolicyPrediction:
    """A copy for one turn: Rasa writes the time and the model into a prediction's events."""
    own = copy.copy(prediction)
    own.events = [copy.copy(event) for event in prediction.events]
    own.optional_events = [copy.copy(event) for event in prediction.optional_events]
    return own
