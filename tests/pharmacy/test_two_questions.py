"""Two questions are told from one: rather one too few than a question cut in two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pharmacy.two_questions import LONGEST_PART, MOST_PARTS, split


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("is my metformin ready? what time do you close?",
         ("is my metformin ready?", "what time do you close?")),
        ("is my metformin ready? also what time do you close",
         ("is my metformin ready?", "what time do you close")),
        ("is my lisinopril ready and also how much is it",
         ("is my lisinopril ready", "how much is it")),
        ("what time do you close? and is my metformin ready",
         ("what time do you close?", "is my metformin ready")),
        ("i need a refill of lisinopril, another question: do you deliver?",
         ("i need a refill of lisinopril", "do you deliver?")),
        ("hi can i ask you a question? is my metformin ready? how much is it?",
         ("hi can i ask you a question? is my metformin ready?", "how much is it?")),
        ("¿está lista mi metformina? ¿a qué hora cierran?",
         ("¿está lista mi metformina?", "¿a qué hora cierran?")),
        ("está lista mi metformina y también a qué hora cierran",
         ("está lista mi metformina", "a qué hora cierran")),
        ("a qué hora cierran, otra pregunta, tienen ibuprofeno hoy",
         ("a qué hora cierran", "tienen ibuprofeno hoy")),
        ("are you open today? do you deliver? how much is delivery? who can pick up?",
         ("are you open today?", "do you deliver?", "how much is delivery? who can pick up?")),
        ("is it ready?? when do you close??", ("is it ready??", "when do you close??")),
    ],
)  # fmt: skip
def test_questions_are_told_apart(text: str, parts: tuple[str, ...]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "is my metformin ready",
        "can i also take it with food",
        "is my metformin ready and also my lisinopril",
        "is my metformin ready? and the lisinopril?",
        "is my metformin ready? what about the lisinopril?",
        "hello? are you there? is my metformin ready?",
        "is it ready? thanks",
        "is it ready? thank you so much",
        "is it ready? if not when will it be?",
        "do you know if it is ready? i have been waiting for a week",
        "did you fill it? because i am out",
        "is the pharmacy open today? I need to pick up my metformin",
        "can you tell me what it costs and when it is ready",
        "is this covered? who says",
        "is it late? why is that",
        "my insulin was left out. is it still good?",
        "my son, also is it ready",
        "is it ready? is rx [rx number] late?",
        f"is it ready? do you {'really ' * LONGEST_PART}deliver?",
        "otra pregunta, a que hora cierran",
        "???",
        "",
    ],
)
def test_one_question_stays_whole(text: str) -> None:
    assert split(text) == (text,)


@given(st.text(alphabet="is it ready? and also when do you close [y] ¿qué tal?,.\n", max_size=80))
def test_whatever_is_typed(text: str) -> None:
    parts = split(text)
    assert 1 <= len(parts) <= MOST_PARTS
    place = 0
    for part in parts:
        # Every part is in the patient's own words; white space between sentences may be joined.
        words = part.split()
        for word in words:
            place = text.index(word, place) + len(word)
    if len(parts) > 1:
        assert all(len(part.split()) >= 2 for part in parts)
