"""What is changed in Rasa 3.6.21 so that a turn takes a fraction of its time.

Rasa has no settings for these. Each change is in one place, does what the replaced code does, and
is made for the code of this very version: tests/nlu/test_lean_rasa.py holds the digests of what is
replaced (docs/adr/0020-a-leaner-rasa.md).
"""

from functools import lru_cache
from typing import Any, Dict

REPLACED = (
    "rasa.core.actions.action.RemoteAction._validate_action_result",
    "rasa.core.actions.action.RemoteAction._action_call_format",
    "rasa.engine.runner.dask.DaskGraphRunner.run",
    "rasa.core.processor.MessageProcessor._check_for_unseen_features",
    "rasa.core.processor.MessageProcessor._predict_next_with_tracker",
)


def make_lean() -> None:
    """Make the changes, in this process. To be called before a model is loaded."""
    from rasa.core import agent, processor  # noqa: PLC0415  slow import
    from rasa.core.actions.action import RemoteAction  # noqa: PLC0415

    from bot.nlu.planned_runner import PlannedGraphRunner  # noqa: PLC0415
    from bot.nlu.turns import TurnProcessor  # noqa: PLC0415

    RemoteAction._validate_action_result = _validate
    RemoteAction._action_call_format = _action_call
    processor.DaskGraphRunner = PlannedGraphRunner
    agent.MessageProcessor = TurnProcessor


def _validate(_action: Any, result: Dict[str, Any]) -> bool:
    """Rasa's check of an action server's answer. Raises jsonschema's ValidationError."""
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    error = best_match(_checker().iter_errors(result))
    if error is not None:
        raise error
    return True


@lru_cache(maxsize=1)
def _checker() -> Any:
    """What checks answers. Rasa makes it anew for each, and checks its own schema every time."""
    from jsonschema.validators import validator_for  # noqa: PLC0415
    from rasa.core.actions.action import RemoteAction  # noqa: PLC0415

    schema = RemoteAction.action_response_format_spec()
    return validator_for(schema)(schema)


def _action_call(action: Any, tracker: Any, _domain: Any) -> Dict[str, Any]:
    """What an action server is sent: the message and who wrote it.

    Not the events of the turn, and not the domain: no action reads them (rasa_sdk asks for a domain
    of its own accord, and takes an empty one).
    """
    import rasa  # noqa: PLC0415
    from rasa.shared.core.trackers import EventVerbosity  # noqa: PLC0415

    return {
        "next_action": action.name(),
        "sender_id": tracker.sender_id,
        "tracker": {**tracker.current_state(EventVerbosity.NONE), "events": []},
        "domain": {},
        "version": rasa.__version__,
    }
