"""Takes over what the pharmacy has decided about refill requests: nothing else of them changes."""

from collections.abc import Sequence
from itertools import batched

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.feed_batch import Decision, FeedError, Findings
from bot.storage.records import Prescription, RefillRequest

RECORD = "refill_request"
CHUNK = 900  # below the variables that a statement may have in old builds of SQLite


async def take(
    session: AsyncSession, decisions: Sequence[Decision], errors: Findings[FeedError]
) -> int:
    """Enter decisions on placed requests and return how many requests they name.

    The first decision stands: the same one again changes nothing, another one is an error, and so
    is one about a request that does not exist or that the patient has cancelled. When there are
    errors, the caller rolls back.
    """
    ids = sorted({decision.refill_request_id for decision in decisions})
    requests = await _locked(session, ids)
    for decision in decisions:
        request = requests.get(decision.refill_request_id)
        if request is None:
            message = "no such refill request was placed here"
            errors.add(FeedError(decision.line, f"{RECORD}.refill_request_id", message))
        elif request.status == "placed":
            request.status = decision.status
            request.reason = decision.reason
            request.decided_at = decision.decided_at
        elif request.status != decision.status:
            message = f"contradicts what is known: the request is {request.status} already"
            errors.add(FeedError(decision.line, f"{RECORD}.status", message))
    return len(ids)


async def _locked(session: AsyncSession, ids: Sequence[int]) -> dict[int, RefillRequest]:
    """The requests, which no patient takes back meanwhile.

    The prescriptions are locked first, as for a patient who places or takes back a request.
    """
    found: dict[int, RefillRequest] = {}
    for chunk in batched(ids, CHUNK):
        chosen = RefillRequest.refill_request_id.in_(chunk)
        numbers = select(RefillRequest.rx_number).where(chosen)
        await session.execute(
            select(Prescription.id)
            .where(Prescription.rx_number.in_(numbers))
            .order_by(Prescription.id)
            .with_for_update(key_share=True)
        )
        rows = await session.scalars(
            select(RefillRequest)
            .where(chosen)
            .order_by(RefillRequest.refill_request_id)
            .with_for_update()
        )
        found |= {row.refill_request_id: row for row in rows}
    return found
