"""Ids of requests: which are believed, and how far they reach."""

import asyncio

import pytest

from bot.request_ids import current_request_id, identified, new_request_id, taken


@pytest.mark.parametrize("given", ["a", "A.b_c-9", "x" * 64, new_request_id()])
def test_a_well_formed_id_is_taken(given: str) -> None:
    assert taken(given) == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "a\n", "é", "a;b", "{}", "a/b"])
def test_any_other_is_replaced(given: str | None) -> None:
    made = taken(given)
    assert made != given
    assert taken(made) == made


def test_new_ids_differ() -> None:
    assert len({new_request_id() for _ in range(1000)}) == 1000


async def test_the_id_reaches_tasks_and_ends_with_the_block() -> None:
    async def read() -> str | None:
        await asyncio.sleep(0)
        return current_request_id()

    with identified("outer"):
        with identified("inner"):
            task = asyncio.create_task(read())
        assert current_request_id() == "outer"
        assert await task == "inner"
    assert current_request_id() is None
