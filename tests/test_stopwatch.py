"""Stages of a piece of work are told apart, and count only where somebody times them."""

import asyncio

import pytest

from bot.stopwatch import Stopwatch, stage, timed


def test_a_stage_is_part_of_the_whole_and_adds_up() -> None:
    with timed() as watch:
        for _ in range(2):
            with stage("screen"):
                sum(range(1000))
        first = watch.spent["screen"]
        with stage("screen"):
            sum(range(1000))
    assert 0 < first < watch.spent["screen"] <= watch.so_far


def test_a_stage_counts_also_when_it_fails() -> None:
    watch = Stopwatch()
    with pytest.raises(KeyError), watch.stage("reply"):
        raise KeyError
    assert watch.spent.keys() == {"reply"}


def test_nothing_is_timed_where_nobody_asks() -> None:
    with timed() as watch:
        pass
    with stage("screen"):
        pass
    assert watch.spent == {}


async def test_two_pieces_of_work_at_once_are_timed_apart() -> None:
    async def work(name: str) -> set[str]:
        with timed() as watch:
            with stage(name):
                await asyncio.sleep(0)
            return set(watch.spent)

    assert list(await asyncio.gather(work("a"), work("b"))) == [{"a"}, {"b"}]
