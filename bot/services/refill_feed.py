"""The refill requests that patients have placed, as the pharmacy's system fetches them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.storage.database import Database
from bot.storage.refill_requests import placed_after

PAGE = 500


@dataclass(frozen=True)
class PlacedRequest:
    """What the pharmacy's system needs of a request: never the conversation it came from."""

    refill_request_id: int
    rx_number: str
    kind: str
    status: str
    reason: str | None
    placed_at: datetime
    decided_at: datetime | None

    def public(self) -> dict[str, Any]:
        """The JSON form, with times in UTC."""
        return {
            name: value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }


async def requests_after(database: Database, after: int) -> Sequence[PlacedRequest]:
    """At most 500 requests with a greater id than `after`, by id."""
    async with database.read() as session:
        return [
            PlacedRequest(
                row.refill_request_id, row.rx_number, row.kind, row.status, row.reason,
                row.placed_at, row.decided_at,
            )
            for row in await placed_after(session, after, PAGE)
        ]  # fmt: skip
