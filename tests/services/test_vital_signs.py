"""What the database says of how the pharmacy is doing now."""

from datetime import timedelta
from typing import Any

from sqlalchemy import event

from bot.services.vital_signs import Line, vital_signs
from bot.storage.database import Database
from bot.storage.staff import StaffSession
from bot.storage.teaching import LanguageModel
from tests.services.chats import SATURDAY, opened
from tests.staff import add_staff

IDLE = timedelta(minutes=30)
# Those that grow with every patient.
LARGE = ("escalation", "turn", "refill_request", "question", "event", "conversation")


async def test_an_empty_database_has_nothing_open(database: Database) -> None:
    signs = await vital_signs(database, IDLE, SATURDAY)
    assert signs.lines == {}
    assert (signs.owed_turns, signs.refill_requests, signs.questions) == (0, 0, 0)
    assert (signs.oldest_owed_seconds, signs.feed_age_seconds, signs.model) == (None, None, None)


async def test_the_line_is_counted_by_queue_and_priority(database: Database) -> None:
    first, second, third = [await opened(database) for _ in range(3)]
    await first.hand_over()
    second.now += timedelta(minutes=10)
    await second.hand_over()
    third.now += timedelta(minutes=11)
    await third.alarm()
    (ticket,) = await first.tickets()
    signs = await vital_signs(database, IDLE, SATURDAY + timedelta(minutes=12))
    assert signs.lines == {
        ("counter", "soon"): Line(2, 0, 720.0),
        ("pharmacist", "urgent"): Line(1, 0, 60.0),
    }
    later = await vital_signs(database, IDLE, ticket.due_at)
    assert later.lines["counter", "soon"].overdue == 2
    assert later.feed_age_seconds is not None


async def test_people_count_once_and_not_when_idle(database: Database) -> None:
    for name in ("tina", "tom", "paul"):
        await add_staff(database, name, "pharmacist" if name == "paul" else "technician")
    seen = {"tina": (0, 5), "tom": (45,), "paul": (1,)}
    async with database.write() as session:
        for name, minutes in seen.items():
            for ago in minutes:
                session.add(a_session(name, ago))
    signs = await vital_signs(database, IDLE, SATURDAY)
    assert signs.signed_in == {"technician": 1, "pharmacist": 1}


async def test_models_in_the_making_and_the_active_one(database: Database) -> None:
    async with database.write() as session:
        for state in ("queued", "active", "refused"):
            session.add(a_model(state))
    signs = await vital_signs(database, IDLE, SATURDAY)
    assert signs.jobs == {"queued": 1}
    assert signs.model == 2


async def test_no_large_table_is_read_from_end_to_end(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    sent: list[tuple[str, Any]] = []

    @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        sent.append((statement, values))

    await vital_signs(database, IDLE, SATURDAY)
    selects = [each for each in sent if each[0].startswith("SELECT")]
    assert len(selects) == 9
    scanned: set[str] = set()
    async with database.engine.connect() as connection:
        for statement, values in selects:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [str(step) for step in plan.scalars("detail")]
            scanned |= {step.split()[1] for step in steps if step.startswith("SCAN")}
    assert scanned.isdisjoint(LARGE), scanned
    await database.close()


def a_session(username: str, minutes_ago: int) -> StaffSession:
    return StaffSession(
        token_hash=f"{username}-{minutes_ago}", username=username, created_at=SATURDAY,
        seen_at=SATURDAY - timedelta(minutes=minutes_ago),
        expires_at=SATURDAY + timedelta(hours=1),
    )  # fmt: skip


def a_model(state: str) -> LanguageModel:
    return LanguageModel(
        state=state, file=None, created_by="paul", created_at=SATURDAY, data_hash=None,
        sentences=0, progress={}, figures={}, differences=[], refusals=[], finished_at=None,
        activated_by=None, activated_at=SATURDAY, retired_at=None,
    )  # fmt: skip
