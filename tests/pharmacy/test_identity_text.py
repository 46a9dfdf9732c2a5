"""Identity details typed into the chat are replaced; ordinary numbers are left alone."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pharmacy.identity_text import redact

TODAY = date(2026, 11, 23)

DETAILS = [
    ("my dob is 3/4/1961", "my dob is [date of birth]"),
    ("born 03-04-61", "born [date of birth]"),
    ("1961-03-04", "[date of birth]"),
    ("date of birth: 03.04.1961", "date of birth: [date of birth]"),
    ("birthday March 4 1961", "birthday [date of birth]"),
    ("birthday is March 4th, 1961.", "birthday is [date of birth]."),
    ("i was born on 4 march 61", "i was born on [date of birth]"),
    ("the 4th of March 1961", "the [date of birth]"),
    ("nací el 4 de marzo de 1961", "nací el [date of birth]"),
    ("fecha de nacimiento 31/12/1980", "fecha de nacimiento [date of birth]"),
    ("naci 4 marzo 1961", "naci [date of birth]"),
    ("dob 03041961", "dob [date of birth]"),
    ("DOB:030461", "DOB:[date of birth]"),
    ("d.o.b. 3 4 1961", "d.o.b. [date of birth]"),
    ("my son was born 5/6/2026", "my son was born [date of birth]"),
    ("Ana Ruiz 12/01/1975 metformin", "Ana Ruiz [date of birth] metformin"),
    ("ruiz, dec 1 1975, refill", "ruiz, [date of birth], refill"),
    ("Sept. 9, 1950", "[date of birth]"),
    ("9-sep-1950", "[date of birth]"),
    ("its 11/2/89", "its [date of birth]"),
    ("3 / 4 / 1961", "[date of birth]"),
    ("cumpleaños 4 de abril del 2001", "cumpleaños [date of birth]"),
    ("call me at 555-867-5309", "call me at [phone number]"),
    ("(555) 867-5309", "[phone number]"),
    ("(555)867-5309 thanks", "[phone number] thanks"),
    ("555.867.5309", "[phone number]"),
    ("555 867 5309", "[phone number]"),
    ("+1 555 867 5309", "[phone number]"),
    ("+1 (555) 867-5309", "[phone number]"),
    ("1-555-867-5309", "[phone number]"),
    ("my cell is 5558675309", "my cell is [phone number]"),
    ("15558675309", "[phone number]"),
    ("+15558675309", "[phone number]"),
    ("phone: 867-5309", "phone: [phone number]"),
    ("mi telefono es 555 8675309", "mi telefono es [phone number]"),
    ("mi celular 555-867-5309", "mi celular [phone number]"),
    ("text me at 555/867-5309", "text me at [phone number]"),
    ("refill 1234567", "refill [rx number]"),
    ("Rx 104233", "Rx [rx number]"),
    ("rx# 104233", "rx# [rx number]"),
    ("rx #104233 please", "rx #[rx number] please"),
    ("RX-104233", "[rx number]"),
    ("rx number is 104233", "rx number is [rx number]"),
    ("prescription number 55120", "prescription number [rx number]"),
    ("prescription C1234567", "prescription [rx number]"),
    ("C1234567", "[rx number]"),
    ("is 7654321 ready", "is [rx number] ready"),
    ("1234567.", "[rx number]."),
    ("its #1234567", "its [rx number]"),
    ("receta número 104233", "receta número [rx number]"),
    ("receta 104233 ya esta?", "receta [rx number] ya esta?"),
    ("la receta numero 1234567-01", "la receta numero [rx number]"),
    ("rx 12345", "rx [rx number]"),
    ("refill 7001234 and 7001235", "refill [rx number] and [rx number]"),
    ("script no. 998877", "script no. [rx number]"),
    ("mail me at ana.ruiz+rx@example.co.uk", "mail me at [email]"),
    ("ana@example.com", "[email]"),
    ("(ana_ruiz@mail.example.org)", "([email])"),
    ("ssn 123-45-6789", "ssn [number]"),
    ("my social is 123456789", "my social is [number]"),
    ("123 45 6789", "[number]"),
    ("card 4111 1111 1111 1111", "card [number]"),
    ("4111-1111-1111-1111 exp 12/27", "[number] exp 12/27"),
    ("amex 378282246310005", "amex [number]"),
    ("dob 3/4/61 phone 555-867-5309", "dob [date of birth] phone [phone number]"),
    ("Ruiz 3/4/61 rx 104233", "Ruiz [date of birth] rx [rx number]"),
    ("Ruiz,03/04/1961,1234567", "Ruiz,[date of birth],[rx number]"),
]

ORDINARY = [
    "metformin 500 mg",
    "20mg lisinopril",
    "lantus 100 units",
    "30 tablets",
    "it was $12.50",
    "$1250000 lol",
    "is it ready by 10:30",
    "open at 9 or 10?",
    "by 11/30",
    "ready by 11/30/2026?",
    "appointment on 12/15/2026",
    "I picked it up 11/20/2026",
    "pick up on 11/20",
    "I leave on 1/5/2027",
    "need it by December 3",
    "since March 4",
    "on March 4 2026 you said it was sent",
    "el 4 de marzo",
    "para el 30 de noviembre",
    "zip is 98101",
    "98101-1234",
    "i live at 4521 Oak St",
    "apartment 1204",
    "90 day supply",
    "refill 90 days of atorvastatin 40",
    "take 1-2 tablets every 4-6 hours",
    "blood pressure was 120/80",
    "my sugar is 110",
    "1/2 tablet",
    "2 of the 30 count boxes",
    "10/325 norco",
    "augmentin 875-125",
    "vitamin d 50000 units",
    "vitamin d3 2000 iu",
    "heparin 5000 units/ml",
    "penicillin 1200000 units",
    "bicillin 1,200,000 units",
    "0.5 ml",
    "100 mcg/0.5 ml",
    "is the 24 hour store open",
    "store 1234",
    "the 2024 flu shot",
    "in 2019 I had surgery",
    "since 1998",
    "24/7?",
    "call 911",
    "covid 19 vaccine",
    "the first 2 or 3",
    "12 refills",
    "order of 100",
    "aspirin 81",
    "tylenol 3",
    "b12 1000 mcg",
    "insulin 70/30",
    "humalog 75/25 kwikpen",
    "what about the 3rd one",
    "3 weeks ago",
    "waited 45 minutes",
    "costs 1,234.56",
    "quedan 3 resurtidos",
    "a las 10:30 de la mañana",
    "500 mg dos veces al dia",
    "el 30/11",
    "on may 5 10 pills were missing",
    "on march 4 10:30 am",
    "@walgreens lol",
    "meet @ 5",
    "hi",
    "",
]


@pytest.mark.parametrize(("text", "expected"), DETAILS)
def test_details_are_replaced(text: str, expected: str) -> None:
    assert redact(text, TODAY).text == expected


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_numbers_stay(text: str) -> None:
    found = redact(text, TODAY)
    assert (found.text, found.kinds, found.rx_numbers) == (text, frozenset(), ())


def test_kinds_and_numbers_are_reported() -> None:
    found = redact("7001234 is rx 104233, dob 3/4/61, also 9988776, a@b.com", TODAY)
    assert found.kinds == {"rx_number", "date_of_birth", "email"}
    assert found.rx_numbers == ("7001234", "104233", "9988776")


@pytest.mark.parametrize("year", ["1926", "2025"])
def test_a_cued_date_with_a_two_digit_year_is_a_birth_date(year: str) -> None:
    assert redact(f"dob 11/22/{year[2:]}", TODAY).text == "dob [date of birth]"


BITS = """3/4/1961 3/4/2026 1961-03-04 march 4 61 dob born 03041961 555-867-5309 5552234567 555-1234
phone number rx # refill 104233 C1234567 123-45-6789 a@b.com [rx number] [date of birth] 1234567
[phone number] [number] mg 500 , . - / : is receta 0 4111111111111111 4111 1111 1961"""
PIECES = st.sampled_from([*BITS.split(), "\x00", " "])


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map("".join)))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text, TODAY)
    assert redact(once.text, TODAY).text == once.text


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=("Nd", "No", "Nl"), exclude_characters="@")))
def test_text_without_digits_or_at_signs_is_unchanged(text: str) -> None:
    assert redact(text, TODAY).text == text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=2000), st.dates())
def test_any_text_on_any_day_is_handled(text: str, today: date) -> None:
    assert isinstance(redact(text, today).text, str)


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1-", "a.", "a@", "3/4/", "rx ", "rx rx # ", "(555) ", "mar "]
)
def test_long_repetitive_text_is_quick(piece: str) -> None:
    redact((piece * 2000)[:2000], TODAY)
