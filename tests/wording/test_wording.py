"""Both languages say the same, about everything the code knows, in plain words."""

import re
import unicodedata
from collections.abc import Iterable
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textstat.textstat import textstatistics

from bot.directives import StatusCard
from bot.gateway.errors import STATUS
from bot.pharmacy.emergency import NUMBERS
from bot.pharmacy.fill_states import FILL_STATES, Actor, Button, FillState, Step
from bot.pharmacy.routes import HANDOVERS
from bot.services.notices import ORDER
from bot.services.status_card import FACTS, render_card
from bot.wording import LOCALES, Wording, WordingError, load
from tests.wording.files import FOLDER, NOW, ZONE, placeholders, sentences, typical

WRITTEN = {locale: sentences(locale) for locale in LOCALES}
NAMES = sorted(WRITTEN["en"])
# "Ready" has its own words for somebody who waits for a delivery.
TOLD = {**FILL_STATES, "ready_delivery": FILL_STATES["ready"]}
US = NUMBERS["US"]

each_locale = pytest.mark.parametrize("locale", LOCALES)


def filled(wording: Wording, name: str) -> str:
    return wording.render(name, typical(wording, name), now=NOW, timezone=ZONE)


class TestTheLanguagesMatch:
    def test_they_have_the_same_responses(self) -> None:
        assert WRITTEN["en"].keys() == WRITTEN["es"].keys()
        assert load("en").names() == load("es").names() == set(NAMES)

    @pytest.mark.parametrize("name", NAMES)
    def test_each_sentence_names_the_same_values(self, name: str) -> None:
        """Sentence by sentence: what is unknown is left out of both languages alike."""
        english, spanish = (
            [placeholders(sentence) for sentence in WRITTEN[locale][name]] for locale in LOCALES
        )
        assert english == spanish

    def test_spanish_is_not_english_left_over(self) -> None:
        same = {name for name in NAMES if WRITTEN["en"][name] == WRITTEN["es"][name]}
        assert same == {"card.line"}

    def test_a_phone_number_never_stands_in_a_sentence(self) -> None:
        """Numbers come from the configured country; the wording only names them."""
        for responses in WRITTEN.values():
            for name, text in responses.items():
                if name.startswith(("urgent", "when", "phone_label")):
                    assert not re.search(r"\d", " ".join(text)), name


@each_locale
class TestEverythingTheCodeKnowsHasWords:
    @pytest.mark.parametrize("state", TOLD)
    def test_a_state_has_title_meaning_and_next_step(self, locale: str, state: str) -> None:
        """And says each of them even when the row knows no more than the state."""
        wording = load(locale)
        for part in ("title", "meaning", "next"):
            store = {"store_name": "Oak", "store_address": "1 Oak Street"}
            said = wording.render(f"state.{state}.{part}", store, now=NOW)
            assert said, part

    @pytest.mark.parametrize("state", FILL_STATES.values(), ids=lambda state: state.name)
    def test_the_reasons_are_those_of_the_table(self, locale: str, state: FillState) -> None:
        prefix = f"state.{state.name}.reasons."
        told = {name.removeprefix(prefix) for name in WRITTEN[locale] if name.startswith(prefix)}
        assert told == set(state.reasons)

    def test_there_are_no_words_for_other_states(self, locale: str) -> None:
        told = {name.split(".")[1] for name in WRITTEN[locale] if name.startswith("state.")}
        assert told == TOLD.keys()

    def test_labels(self, locale: str) -> None:
        wording = load(locale)
        assert wording.has("fact.store")
        groups: dict[str, Iterable[str]] = {
            "step": Step,
            "actor": Actor,
            "button": [*Button, "affirm", "deny", "request_cancel"],
            "fact": FACTS,
            "urgent": ORDER,
            "error": STATUS,
        }
        for group, keys in groups.items():
            for key in keys:
                assert filled(wording, f"{group}.{key}"), f"{group}.{key}"

    def test_hand_overs(self, locale: str) -> None:
        for intent, route in HANDOVERS.items():
            assert load(locale).has(f"handoff.{route.response}"), intent
            assert load(locale).has(f"team.{route.queue}"), intent

    def test_responses_that_the_code_names(self, locale: str) -> None:
        source = "\n".join(
            file.read_text("utf-8")
            for file in FOLDER.parent.rglob("*.py")
            if file.parent.name != "versions"
        )
        named = set(re.findall(r"\b(?:response|label)=\"([a-z_.]+)\"", source))
        assert named <= load(locale).names()

    @pytest.mark.parametrize("state", FILL_STATES.values(), ids=lambda state: state.name)
    @pytest.mark.parametrize("known", [True, False], ids=["all known", "nothing known"])
    def test_a_card_reads_well(self, locale: str, state: FillState, known: bool) -> None:
        wording = load(locale)
        values = {
            key: value
            for name in NAMES
            if known and name.startswith(f"state.{state.name}.")
            for key, value in typical(wording, name).items()
        }
        for reason in (None, *state.reasons):
            card = StatusCard(
                prescription_id=1, medicine="metformin 500 mg tablet", state=state.name,
                reason=reason, late=True, store_name="Oak Pharmacy", store_phone="555-0100",
                store_address="1 Oak Street", timezone=ZONE, values=values,
                as_of="2026-05-04T15:00:00+00:00",
            )  # fmt: skip
            text = render_card(card, wording, NOW).text
            assert text.startswith("Metformin 500 mg tablet: ")
            assert not re.search(r"\.\.|  |None|[{}]", text), text


@each_locale
class TestVoice:
    def test_every_response_says_something(self, locale: str) -> None:
        silent = {name for name in NAMES if not filled(load(locale), name)}
        assert silent == set()

    def test_no_shouting_and_no_pictures(self, locale: str) -> None:
        characters = set(
            "".join(sentence for text in WRITTEN[locale].values() for sentence in text)
        )
        assert not characters & set("!¡")
        # So: other symbols, which all emoji are; Cs, Cn: characters newer than Python.
        pictures = {char for char in characters if unicodedata.category(char) in {"So", "Cs", "Cn"}}
        assert not pictures

    def test_full_stops_are_single(self, locale: str) -> None:
        """In Spanish, "a. m." and "p. m." bring the full stop of their sentence."""
        for name in NAMES:
            said = filled(load(locale), name)
            assert not re.search(r"\.\s*\.|  | [.,:;?]", said), f"{name}: {said}"

    def test_sentences_are_short(self, locale: str) -> None:
        for name in NAMES:
            for sentence in re.split(r"[.?:]\s", filled(load(locale), name)):
                assert len(sentence.split()) <= 25, f"{name}: {sentence}"


class TestReadingGrade:
    """Fixed texts are for grade 6 or below.

    English is measured with textstat's automated readability index, in school grades. It counts
    characters, words and sentences. Flesch-Kincaid would count syllables, for which textstat
    downloads a dictionary: tests do not use the network. Spanish is measured with textstat's
    Fernández Huerta index, in which 70 to 80 is grade 6 and higher is easier. 75 rather than 70,
    because textstat counts Spanish syllables as hyphenation does, which misses some.

    Labels of fewer than five words are exempt; the numbers to call count as one short word.
    """

    HIGHEST_GRADE = 6.0
    FERNANDEZ_HUERTA = 75.0
    SHORTEST = 5

    @pytest.fixture(autouse=True)
    def _offline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_args: object, **_options: object) -> NoReturn:
            raise AssertionError("textstat tried to download something")

        monkeypatch.setattr("nltk.download", refuse)

    @pytest.mark.parametrize("name", NAMES)
    def test_english(self, name: str) -> None:
        text = self._text("en", name)
        if len(text.split()) >= self.SHORTEST:
            grade = textstatistics().automated_readability_index(text)
            assert grade <= self.HIGHEST_GRADE, text

    @pytest.mark.parametrize("name", NAMES)
    def test_spanish(self, name: str) -> None:
        text = self._text("es", name)
        if len(text.split()) >= self.SHORTEST:
            statistics = textstatistics()
            statistics.set_lang("es")
            assert statistics.fernandez_huerta(text) >= self.FERNANDEZ_HUERTA, text

    @staticmethod
    def _text(locale: str, name: str) -> str:
        wording = load(locale)
        values = typical(wording, name) | {"poison": US.emergency.number}
        return wording.render(name, values, now=NOW, timezone=ZONE)


@each_locale
class TestUrgentTexts:
    @pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("urgent.")])
    def test_give_the_emergency_number(self, locale: str, name: str) -> None:
        assert US.emergency.number in load(locale).render(name, now=NOW)

    @pytest.mark.parametrize("family", ["self_harm", "overdose", "general"])
    def test_give_the_crisis_line(self, locale: str, family: str) -> None:
        assert US.crisis.number in load(locale).render(f"urgent.{family}", now=NOW)

    @pytest.mark.parametrize("family", ["overdose", "ingestion", "general"])
    def test_give_poison_help(self, locale: str, family: str) -> None:
        assert US.poison.number in load(locale).render(f"urgent.{family}", now=NOW)

    def test_each_number_has_its_button(self, locale: str) -> None:
        for phone in (US.emergency, US.crisis, US.poison):
            assert phone.number in load(locale).render(f"phone_label.{phone.label}", now=NOW)


class TestTheCatalogue:
    @pytest.mark.parametrize("locale", ["fr", "", "EN"])
    def test_another_language_gets_english(self, locale: str) -> None:
        assert load(locale).locale == "en"
        assert load(locale).render("closed", now=NOW) == load("en").render("closed", now=NOW)

    @each_locale
    def test_an_unknown_response_is_an_error(self, locale: str) -> None:
        wording = load(locale)
        assert not wording.has("no.such.response")
        with pytest.raises(WordingError, match=r"no\.such\.response"):
            wording.render("no.such.response", now=NOW)
        with pytest.raises(WordingError):
            wording.fields("no.such.response")

    @given(st.sampled_from(LOCALES), st.sampled_from(NAMES), st.data())
    def test_no_answer_shows_a_gap(self, locale: str, name: str, data: st.DataObject) -> None:
        """Whatever is known and whatever is not, an answer never says "None" or "{"."""
        wording = load(locale)
        values = {
            key: data.draw(st.sampled_from([value, None]), label=key)
            for key, value in sorted(typical(wording, name).items())
        }
        if data.draw(st.booleans(), label="absent rather than None"):
            values = {key: value for key, value in values.items() if value is not None}
        said = wording.render(name, values, now=NOW, timezone=ZONE)
        assert not re.search(r"None(?! of)|[{}]|  ", said)
        assert said == said.strip()
