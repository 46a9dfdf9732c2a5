"""An action server with one verified patient, whose lisinopril is ready."""

from datetime import UTC, datetime
from typing import Any

import aiohttp
from sqlalchemy import delete

from bot import directives as d
from bot.actions.registry import action_for
from bot.bootstrap import Application
from bot.storage.conversations import Verification
from tests.stack import Clock

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
RECORDS: list[dict[str, Any]] = [
    {"type": "store", "store_id": "s", "name": "Main Street", "phone": "216-555-0100",
     "address": "12 Main", "timezone": "America/New_York", "hours": {"mon": [["09:00", "19:00"]]}},
    {"type": "product", "product_id": "n", "generic_name": "lisinopril", "strength": "10 mg",
     "form": "tablet"},
    {"type": "product", "product_id": "m", "generic_name": "metformin", "strength": "500 mg",
     "form": "tablet"},
    {"type": "patient", "patient_id": "p", "first_name": "James", "last_name": "Carter",
     "date_of_birth": "1961-03-04"},
    *({"type": "prescription", "rx_number": rx, "store_id": "s", "patient_id": "p",
       "product_id": product, "directions": "Take 1 tablet.", "quantity": 30,
       "refills_remaining": 1, "written_on": "2026-10-01", "prescriber_name": "Dr. P"}
      for rx, product in (("1", "n"), ("2", "m"))),
    {"type": "fill", "fill_id": "f", "rx_number": "1", "state": "ready", "copay_cents": 500,
     "updated_at": "2026-11-22T10:00:00-05:00"},
    {"type": "stock", "store_id": "s", "product_id": "n", "on_hand": 9},
]  # fmt: skip


class Counter:
    """Answers as the action server does, for one verified patient."""

    def __init__(
        self,
        app: Application,
        clock: Clock,
        conversation_id: str,
        session: aiohttp.ClientSession,
        address: str,
    ) -> None:
        self.app = app
        self.clock = clock
        self.conversation_id = conversation_id
        self._session = session
        self._address = address

    async def ask(self, intent: str, text: str = "lisinopril") -> list[d.Directive]:
        message = {"text": text, "intent": {"name": intent, "confidence": 1.0}}
        call = {
            "next_action": action_for(intent).name(),
            "sender_id": self.conversation_id,
            "tracker": {
                "sender_id": self.conversation_id, "latest_message": message, "slots": {},
            },
            "domain": {},
        }  # fmt: skip
        async with self._session.post(f"{self._address}/webhook", json=call) as response:
            assert response.status == 200
            answer = await response.json()
        return [d.parse(item["custom"]) for item in answer["responses"]]

    async def forget(self) -> None:
        """As if nobody had said who they are."""
        async with self.app.database.write() as session:
            await session.execute(delete(Verification))
