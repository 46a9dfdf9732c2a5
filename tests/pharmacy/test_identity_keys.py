"""Names, phone numbers and Rx numbers compare as people mean them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pharmacy.identity_keys import NO_PHONE, name_key, phone_key, rx_key


@pytest.mark.parametrize(
    ("on_file", "typed"),
    [
        ("O'Connor", "oconnor"),
        ("O\u2019Connor", "O CONNOR"),
        ("Núñez", "nunez"),
        ("Nu\u0301n\u0303ez", "Núñez"),
        ("Johnson Jr.", "Johnson"),
        ("Johnson, Sr", "johnson"),
        ("Carter III", "carter"),
        ("Van der Berg", "vanderberg"),
        ("Smith-Jones", "Smith Jones"),
        ("Strauß", "STRAUSS"),
        ("Sørensen", "sorensen"),
        ("St. John", "st john"),
    ],
)
def test_the_same_name_in_other_spellings_has_the_same_key(on_file: str, typed: str) -> None:
    assert name_key(on_file) == name_key(typed)


def test_a_name_that_looks_like_a_suffix_stays() -> None:
    assert name_key("Sr") == "sr"
    assert name_key("Brooks") != name_key("Brook")


@pytest.mark.parametrize(
    "typed",
    ["2165550101", "(216) 555-0101", "+1 216.555.0101", "1-216-555-0101", "216 555 0101 ext. 12"],
)
def test_the_same_phone_number_has_the_same_key(typed: str) -> None:
    assert phone_key(typed) == "2165550101"


@pytest.mark.parametrize(
    "typed", ["7001001", "Rx 7001001", "rx#7001001", " 700-1001 ", "RX: 7001001"]
)
def test_the_same_rx_number_has_the_same_key(typed: str) -> None:
    assert rx_key(typed) == "7001001"


@given(st.text())
def test_keys_are_stable_and_of_a_known_form(text: str) -> None:
    for key in (name_key, phone_key, rx_key):
        assert key(key(text)) == key(text)
        assert key(text) == "" or key(text).isalnum()
    assert set(phone_key(text)) <= set("0123456789")
    assert len(phone_key(text)) <= 10


@given(st.text())
def test_no_typed_number_matches_a_person_without_a_phone(text: str) -> None:
    assert phone_key(text) != NO_PHONE


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo"], codec="latin-1"), min_size=1))
def test_case_does_not_matter_to_a_name(name: str) -> None:
    assert name_key(name.upper()) == name_key(name.lower())


@given(st.from_regex(r"[2-9][0-9]{9}", fullmatch=True))
def test_punctuation_does_not_matter_to_a_phone_number(digits: str) -> None:
    assert phone_key(f"+1 ({digits[:3]}) {digits[3:6]}-{digits[6:]}") == digits
