"""A tracker store that keeps nothing: every message is the first one that Rasa has heard.

What a chat remembers is in the gateway's database (docs/adr/0004-memory-in-the-conversation.md),
and a rule here looks at one message. Rasa's own store would keep what patients wrote, names and
all, for as long as the process lives, and send it to the action server again with every turn.
"""

from typing import Iterable, Optional

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker


class ForgetfulTrackerStore(TrackerStore):
    """Knows no conversation."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep nothing."""

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """Nothing was kept."""
        return None

    async def keys(self) -> Iterable[str]:
        """There are no conversations."""
        return ()
