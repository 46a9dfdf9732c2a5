"""How often an answer asks the database: each time costs about what a rule costs a hundred times.

A number here may be raised by whoever adds a fact to an answer, never by accident.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from bot import directives as d
from bot.storage.database import Database
from tests.actions.counter import Counter

MOST = {
    "ask_status": 9,
    "ask_refills_left": 7,
    "ask_price": 6,
}


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is asked meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("intent", "most"), MOST.items())
async def test_an_answer_asks_for_each_thing_once(counter: Counter, intent: str, most: int) -> None:
    await counter.ask(intent)
    with statements(counter.app.database) as seen:
        answer = await counter.ask(intent)
    assert not any(isinstance(item, d.IdentityForm) for item in answer)
    assert len(seen) <= most, "\n".join(seen)
    assert len(set(seen)) == len(seen), "the same twice"


async def test_without_a_name_it_asks_which_have_been_requested(counter: Counter) -> None:
    with statements(counter.app.database) as seen:
        answer = await counter.ask("ask_status", "is it ready")
    assert any(isinstance(item, d.StatusCard) for item in answer)
    assert sum("FROM prescription" in statement for statement in seen) == 1
