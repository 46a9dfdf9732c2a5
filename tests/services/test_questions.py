"""What is kept for review, without anybody's name, and how questions find their group."""

from array import array
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import directives as d
from bot.pharmacy.meaning_groups import cosine, pack, unpack
from bot.services import turns
from bot.services.conversations import Stored, take_message
from bot.services.questions import grouping
from bot.storage.conversations import Turn
from bot.storage.database import Database
from bot.storage.teaching import Question, QuestionGroup
from tests.services.chats import RULES, SATURDAY, Chat, opened
from tests.services.chats import at as moment

SAID = d.Say(response="greet")
MISSED = d.Unanswered(intent="ask_price", confidence=0.04, ranking=(("ask_price", 0.04),))
PERSON = d.Handoff(queue="counter", reason="low_confidence", response="handoff.low_confidence")


def read(confidence: float | None, intent: str = "ask_price") -> d.Understood:
    return d.Understood(intent=intent, confidence=confidence, ranking=((intent, confidence or 0),))


async def says(chat: Chat, text: str, *spoken: d.Directive) -> int:
    """The patient writes, and the bot answers with this; the message's `seq`."""
    chat.taps += 1
    stored = await take_message(
        chat.database, chat.conversation_id, f"m-{chat.taps}", text, RULES, chat.now
    )
    assert isinstance(stored, Stored)
    owed = await turns.claim_next(
        chat.database, chat.conversation_id, timedelta(seconds=10), chat.now
    )
    assert owed is not None
    assert (await turns.answer(chat.database, owed, spoken, RULES, chat.now)).written
    return stored.seq


async def kept(database: Database) -> list[Question]:
    async with database.read() as session:
        return list(await session.scalars(select(Question).order_by(Question.question_id)))


async def told(database: Database) -> list[tuple[str, str]]:
    return [(row.kind, row.text) for row in await kept(database)]


async def test_what_is_not_understood(database: Database) -> None:
    chat = await opened(database)
    seq = await says(chat, "the gold coins", MISSED, SAID, read(0.3, "nlu_fallback"))
    (row,) = await kept(database)
    assert (row.kind, row.text, row.seq, row.status) == ("unanswered", "the gold coins", seq, "new")
    assert (row.intent, row.confidence, row.ranking) == ("ask_price", 0.04, [["ask_price", 0.04]])
    assert (row.locale, row.asked_at, row.group_id) == ("en", chat.now, None)


async def test_of_several_questions_the_one_that_was_asked(database: Database) -> None:
    chat = await opened(database)
    await says(chat, "what about the gold coins? also are you open on sunday?", MISSED, SAID)
    assert await told(database) == [("unanswered", "what about the gold coins?")]


@pytest.mark.parametrize(
    ("confidence", "more", "kinds"),
    [
        (0.49, (), ["unsure"]),
        (0.5, (), []),
        (0.97, (), []),
        (None, (), []),
        (0.2, (PERSON,), []),
        (0.2, (MISSED,), ["unanswered"]),
    ],
)
async def test_an_unsure_answer_of_the_bots(
    database: Database,
    confidence: float | None,
    more: tuple[d.Directive, ...],
    kinds: list[str],
) -> None:
    chat = await opened(database)
    await says(chat, "how much", SAID, *more, read(confidence))
    assert [row.kind for row in await kept(database)] == kinds
    async with database.read() as session:
        (turn,) = await session.scalars(select(Turn))
    assert (turn.intent, turn.confidence) == ("ask_price", confidence)


async def test_a_failure_is_no_unsure_answer(database: Database) -> None:
    chat = await opened(database)
    await says(chat, "how much", read(0.2))
    assert await kept(database) == []


async def test_the_names_of_the_records_are_taken_out(database: Database) -> None:
    """James Carter is verified; his last name may be a word as well."""
    chat = await opened(database, verified=True)
    await says(chat, "put the coins under carter, james carter", MISSED, SAID)
    await says(chat, "coins for Brooks please, dr. nakamura-ito knows", MISSED, SAID)
    texts = [row.text for row in await kept(database)]
    assert texts[0] == "put the coins under [name], [name]"
    assert "Brooks" not in texts[1]
    assert "nakamura" not in texts[1]


async def test_the_chat_itself_keeps_its_words(database: Database) -> None:
    chat = await opened(database, verified=True)
    await says(chat, "coins for james carter", MISSED, SAID)
    assert "coins for james carter" in [event.text for event in await chat.said()]


def vector(*numbers: float) -> "array[float]":
    length = sum(number * number for number in numbers) ** 0.5
    return array("f", [number / length for number in numbers])


async def asked(database: Database, count: int, locale: str = "en") -> list[int]:
    async with database.write() as session:
        rows = [
            Question(
                kind="unanswered", text=f"question {at}", locale=locale, ranking=[], status="new",
                asked_at=SATURDAY,
            )
            for at in range(count)
        ]  # fmt: skip
        session.add_all(rows)
        await session.flush()
        return [row.question_id for row in rows]


class TestGroups:
    async def test_near_ones_are_together_and_the_centre_moves(self, database: Database) -> None:
        one, two, far = await asked(database, 3)
        near = {one: vector(1, 0, 0), two: vector(1, 0.6, 0), far: vector(0, 0, 1)}
        assert await grouping.assign(database, near, SATURDAY) == 3
        first, second, third = await kept(database)
        assert first.group_id == second.group_id != third.group_id
        async with database.read() as session:
            group = await session.get_one(QuestionGroup, first.group_id)
        assert group.size == 2
        middle = [(a + b) / 2 for a, b in zip(near[one], near[two], strict=True)]
        assert list(unpack(group.centre)) == pytest.approx(middle, abs=1e-6)

    async def test_languages_stay_apart(self, database: Database) -> None:
        (english,), (spanish,) = await asked(database, 1), await asked(database, 1, "es")
        same = {english: vector(1, 0), spanish: vector(1, 0)}
        await grouping.assign(database, same, SATURDAY)
        groups = {row.group_id for row in await kept(database)}
        assert len(groups) == 2

    async def test_what_has_a_group_is_not_sorted_again(self, database: Database) -> None:
        (number,) = await asked(database, 1)
        assert [row.question_id for row in await grouping.without_group(database, 9)] == [number]
        await grouping.assign(database, {number: vector(1, 0)}, SATURDAY)
        assert await grouping.without_group(database, 9) == []
        later = moment("2026-11-29T09:00")
        assert await grouping.assign(database, {number: vector(0, 1)}, later) == 0

    async def test_another_encoder_s_groups_are_left_alone(self, database: Database) -> None:
        (number,) = await asked(database, 1)
        await grouping.assign(database, {number: vector(1, 0)}, SATURDAY)
        (other,) = await asked(database, 1)
        await grouping.assign(database, {other: vector(1, 0, 0)}, SATURDAY)
        assert len({row.group_id for row in await kept(database)}) == 2


def test_a_vector_is_stored_as_it_is() -> None:
    given = vector(0.25, -3, 7)
    assert unpack(pack(given)) == given
    assert len(pack(given)) == 12
    assert cosine(given, given) == pytest.approx(1)
    assert cosine(vector(1, 0), vector(0, 1)) == 0
    assert cosine(array("f", [0, 0]), vector(0, 1)) == 0
