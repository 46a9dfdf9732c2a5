"""The language of patients' messages: seldom wrong, and unsure rather than wrong.

English and Spanish are the sentences of data/nlu and the kept-back ones; which of both a sentence
is, a count of small words says, which the identifier knows nothing of.
"""

import random
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.pharmacy.language import Language, identify, load_model
from tests.counting import calls

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
WORD = re.compile(r"[^\W\d_]+")
PLACEHOLDER = re.compile(r"\[[a-z ]+\]")

_SPANISH = """
    a al aún ya el la los las lo un una unos del de que qué se es está están son hay mi mis me le
    les su sus con por para sin en cuando cuándo cuanto cuánto cuántos cuántas cual cuál como cómo
    donde dónde quién esta este eso esa hasta desde porque pero si sí muy más otra otro nada todo
    todas yo tengo puedo quiero necesito tienen puede pueden hola gracias favor receta medicina
    medicinas pastilla pastillas farmacia seguro ustedes usted mañana hoy
"""
_ENGLISH = """
    a the an of to is are am was were be do does did can could will would my your i you it its we
    they them he she his her this that these those and or but in on at for with from by if when
    what where how why who which not dont don't have has had get got need want there any some me
    im i'm ive yall u ur r please pls refill ready meds pills thanks today now time just so up out
"""
SPANISH, ENGLISH = frozenset(_SPANISH.split()), frozenset(_ENGLISH.split())
SPANISH_LETTERS = frozenset("áéíóúñ¿¡")


def spoken(text: str) -> Language:
    """English, Spanish, or unsure where the small words do not say."""
    words = [word.lower() for word in WORD.findall(text)]
    spanish = sum(word in SPANISH for word in words) + 2 * bool(SPANISH_LETTERS & set(text.lower()))
    english = sum(word in ENGLISH for word in words)
    if spanish == english:
        return Language.UNSURE
    return Language.SPANISH if spanish > english else Language.ENGLISH


def size(text: str) -> int:
    """How many words a patient typed, without what was taken out."""
    return len(WORD.findall(PLACEHOLDER.sub(" ", text)))


def _training() -> Iterator[str]:
    for file in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(file.read_text("utf-8"))["nlu"]:
            yield from (line[2:] for line in entry["examples"].splitlines() if line[:2] == "- ")


def _kept_back() -> Iterator[str]:
    for name in ("kept_back.yml", "kept_back_fresh.yml"):
        sentences = yaml.safe_load((ROOT / "tests" / "nlu" / name).read_text("utf-8"))
        yield from (text for texts in sentences.values() for text in texts)


def _of_others(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = yaml.safe_load((HERE / name).read_text("utf-8"))
    return found


MESSAGES = {text: identify(text) for text in (*_training(), *_kept_back())}
KNOWN = {text: spoken(text) for text in MESSAGES}
OTHERS = _of_others("other_languages.yml")
PLAIN = OTHERS.pop("typed_plainly")
FRESH = _of_others("other_languages_fresh.yml")


def rate(texts: list[str], found: Language) -> float:
    """The share of messages that were taken for `found`."""
    return sum(MESSAGES[text] is found for text in texts) / len(texts)


def in_language(language: Language, fewest: int = 1) -> list[str]:
    return [text for text, known in KNOWN.items() if known is language and size(text) >= fewest]


class TestEnglishAndSpanish:
    def test_none_is_taken_for_another_language(self) -> None:
        """The limit is two in a thousand; each of them sends a patient to a person in vain."""
        wrong = [text for text, found in MESSAGES.items() if found is Language.OTHER]
        assert len(wrong) <= 0.002 * len(MESSAGES), wrong

    def test_english_does_not_switch_to_spanish(self) -> None:
        english = in_language(Language.ENGLISH)
        assert len(english) > 3000
        assert rate(english, Language.SPANISH) <= 0.003

    def test_spanish_does_not_switch_to_english(self) -> None:
        assert rate(in_language(Language.SPANISH), Language.ENGLISH) <= 0.003

    def test_spanish_is_recognised_from_three_words_on(self) -> None:
        spanish = in_language(Language.SPANISH, fewest=3)
        assert len(spanish) > 1000
        assert rate(spanish, Language.SPANISH) >= 0.90

    def test_english_is_recognised_from_three_words_on(self) -> None:
        assert rate(in_language(Language.ENGLISH, fewest=3), Language.ENGLISH) >= 0.95

    @pytest.mark.parametrize(
        "text", ["buenos días", "muchas gracias", "no entiendo", "¿cuánto es?"]
    )
    def test_two_words_of_spanish_can_be_clear(self, text: str) -> None:
        assert identify(text) is Language.SPANISH

    @pytest.mark.parametrize(
        "text",
        ["IS MY PRESCRIPTION READY", "¿YA ESTÁ LISTA MI RECETA?", "𝓲𝓼 𝓶𝔂 𝓶𝓮𝓭 𝓻𝓮𝓪𝓭𝔂 𝓷𝓸𝔀"],
    )
    def test_capitals_and_fancy_letters_do_not_matter(self, text: str) -> None:
        plain = {Language.ENGLISH, Language.SPANISH}
        assert identify(text) in plain
        assert identify(text) is identify(text.capitalize())

    @pytest.mark.parametrize(
        "text",
        [
            "my wife speaks only spanish",
            "do you have anyone who speaks vietnamese",
            "gracias amigo, thanks for the help",
            "hola can i get my refill",
            "my abuela needs her insulina",
            "my doctor is Dr. Nguyen",
        ],
    )
    def test_foreign_words_in_english_change_nothing(self, text: str) -> None:
        assert identify(text) is Language.ENGLISH


class TestTooLittleToTell:
    @pytest.mark.parametrize(
        "text",
        [
            "", "no", "si", "sí", "ok", "hola", "oui", "ja", "2", "911", "?!", "🙂🙂", "the",
            "losartan", "metoprolol succinate er 25 mg", "sacubitril", "lantus solostar",
            "[rx number]", "[date of birth] [phone number]", "100 μg or 50 μg", "5 µg",
            "maria garcia lopez", "jose luis hernandez", "nguyen van minh", "Juan de la Cruz",
            "Giovanni Battista Della Torre", "Nguyen Thi Kim Ngan Pham", "Olga Ivanova Petrova",
            "Hermenegildo de los Santos", "blorf wug snarp", "qwrt zxpl vbnm", "asdf jkl qwer zxcv",
            "hi hi hi hi", "thx bye", "El Paso", "La Jolla Village Dr", "bon appetit",
        ],
    )  # fmt: skip
    def test_is_unsure(self, text: str) -> None:
        assert identify(text) is Language.UNSURE

    def test_lists_of_medicines_are_no_language(self) -> None:
        names = _medicines()
        chance = random.Random(5)
        lists = [" ".join(chance.sample(names, chance.randint(1, 6))) for _ in range(400)]
        assert [text for text in lists if identify(text) is Language.OTHER] == []
        switched = [text for text in lists if identify(text) is Language.SPANISH]
        assert len(switched) <= 2, switched

    def test_typing_errors_are_no_language(self) -> None:
        """Two letters of every longer word change places."""
        chance = random.Random(6)
        english = in_language(Language.ENGLISH)[:1500]
        found = [identify(_misspelled(text, chance)) for text in english]
        assert found.count(Language.OTHER) <= 3
        assert found.count(Language.SPANISH) <= 3

    @given(st.text(max_size=60))
    def test_any_text_has_an_answer_and_always_the_same(self, text: str) -> None:
        assert identify(text) is identify(text)

    @given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
    def test_a_word_is_never_enough(self, word: str) -> None:
        assert identify(word) is Language.UNSURE


def _medicines() -> list[str]:
    text = (HERE / "catalogue.yml").read_text("utf-8").lower()
    return sorted(set(re.findall(r"\b[a-z]{6,}\b", text)))


def _misspelled(text: str, chance: random.Random) -> str:
    words = text.split()
    for at, word in enumerate(words):
        if len(word) > 4:
            place = chance.randrange(1, len(word) - 2)
            words[at] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return " ".join(words)


class TestOtherLanguages:
    @staticmethod
    def _enough(texts: list[str]) -> list[str]:
        """At least four words, or a script in which words are not told apart like ours."""
        return [text for text in texts if size(text) >= 4 or not text.isascii()]

    def test_there_are_enough_of_them(self) -> None:
        assert len(OTHERS) == len(FRESH) == 13
        assert sum(map(len, OTHERS.values())) >= 60

    @pytest.mark.parametrize("language", OTHERS)
    def test_no_language_is_left_out(self, language: str) -> None:
        texts = self._enough(OTHERS[language]) + self._enough(FRESH[language])
        found = [identify(text) for text in texts]
        assert found.count(Language.OTHER) >= 0.7 * len(texts)
        assert Language.ENGLISH not in found
        assert Language.SPANISH not in found

    @pytest.mark.parametrize("sentences", [OTHERS, FRESH], ids=["known", "fresh"])
    def test_nine_of_ten_are_recognised(self, sentences: dict[str, list[str]]) -> None:
        texts = self._enough([text for texts in sentences.values() for text in texts])
        missed = [text for text in texts if identify(text) is not Language.OTHER]
        assert len(missed) <= 0.10 * len(texts), missed

    def test_without_accents_half_are(self) -> None:
        """Typed on a keyboard without the accents, or in Latin letters altogether."""
        found = [identify(text) for text in PLAIN]
        assert found.count(Language.OTHER) >= 0.5 * len(PLAIN)
        assert Language.SPANISH not in found

    @pytest.mark.parametrize(
        "text", ["我的 metformin 到了吗", "메트포르민 refill 해주세요", "да", "ok спасибо"]
    )
    def test_another_script_needs_no_words(self, text: str) -> None:
        assert identify(text) is Language.OTHER


def test_it_is_little_work_however_long_the_message() -> None:
    load_model()
    texts = list(MESSAGES)[::10]
    assert statistics.median(calls(identify, text) for text in texts) < 600
    half, whole = (calls(identify, "is my metformin ready " * times) for times in (45, 90))
    assert whole < 2.5 * half
