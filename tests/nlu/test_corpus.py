"""The training sentences: complete, balanced enough, without repeats, apart from the kept-back."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
import yaml

from bot.nlu.reading import mask_medicines, tokens

ROOT = Path(__file__).resolve().parents[2]
KEPT_BACK = sorted((ROOT / "tests" / "nlu").glob("kept_back*.yml"))

_BUSY = """
    ask_status ask_refills_left request_refill ask_availability ask_hours ask_directions
    ask_clinical report_emergency ask_price ask_insurance request_human inform ask_storage
    ask_pickup_rules ask_delivery ask_contact notify_when_ready request_cancel
    report_wrong_medicine report_ran_out complaint request_transfer update_profile
"""
_OTHERS = """
    greet goodbye thank affirm deny help bot_challenge cancel refuse_identity out_of_scope
"""
BUSY, OTHERS = _BUSY.split(), _OTHERS.split()
SPANISH = re.compile(
    r"[áéíóúñ¿¡]|\b(mi|me|que|la|el|los|de|una?|por|para|con|se|ya|esta|cual|cuando|hola|gracias)\b",
    re.IGNORECASE,
)


def normalised(sentence: str) -> str:
    """Case, accents and punctuation do not make a sentence a different one."""
    marked = sentence.casefold().replace("[", " placeholder ")
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", marked)
        if not unicodedata.combining(letter)
    )
    return " ".join(re.findall(r"[^\W_]+", plain))


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[str]]:
    """Every training sentence by intent, from all topics."""
    sentences: dict[str, list[str]] = {}
    for topic in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        document = yaml.safe_load(topic.read_text(encoding="utf-8"))
        for entry in document["nlu"]:
            lines = entry["examples"].splitlines()
            assert all(line.startswith("- ") for line in lines), f"{topic.name}: {entry['intent']}"
            sentences.setdefault(entry["intent"], []).extend(line[2:] for line in lines)
    return sentences


@pytest.fixture(scope="module")
def kept_back() -> dict[str, list[str]]:
    """The sentences that training never sees."""
    together: dict[str, list[str]] = {}
    for path in KEPT_BACK:
        for intent, texts in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            together.setdefault(intent, []).extend(texts)
    return together


def test_every_intent_is_taught_and_no_other(corpus: dict[str, list[str]]) -> None:
    assert sorted(corpus) == sorted(BUSY + OTHERS)


@pytest.mark.parametrize(
    ("intent", "least"), [(name, 60) for name in BUSY] + [(name, 25) for name in OTHERS]
)
def test_enough_sentences(corpus: dict[str, list[str]], intent: str, least: int) -> None:
    assert len(corpus[intent]) >= least


@pytest.mark.parametrize("intent", BUSY)
def test_busy_intents_are_taught_in_spanish_too(corpus: dict[str, list[str]], intent: str) -> None:
    spanish = [sentence for sentence in corpus[intent] if SPANISH.search(sentence)]
    assert len(spanish) >= 12


def test_no_sentence_twice(corpus: dict[str, list[str]]) -> None:
    counts = Counter(normalised(text) for texts in corpus.values() for text in texts)
    assert [text for text, count in counts.items() if count > 1] == []


def frame(sentence: str) -> str:
    """What is left when medicines' names and numbers are taken for one another."""
    words = [word for word in mask_medicines(tokens(sentence)) if word.isalnum()]
    return " ".join("#" if word.isdigit() else word for word in words)


def test_no_sentence_is_another_with_swapped_names(corpus: dict[str, list[str]]) -> None:
    """Bare names apart, which differ in nothing else."""
    frames = [(frame(text), text) for texts in corpus.values() for text in texts]
    counts = Counter(made for made, _ in frames)
    told = {"medication", "#"}
    swapped = [
        text
        for made, text in frames
        if counts[made] > 1 and len([word for word in made.split() if word not in told]) > 1
    ]
    assert swapped == []


def test_the_intents_are_balanced(corpus: dict[str, list[str]]) -> None:
    """A large intent would be guessed for everything that is unclear."""
    counts = {intent: len(texts) for intent, texts in corpus.items()}
    assert max(counts.values()) <= 4 * min(counts.values()), counts


def test_no_sentence_is_empty_or_a_command(corpus: dict[str, list[str]]) -> None:
    texts = [text for texts in corpus.values() for text in texts]
    assert [text for text in texts if not normalised(text) or text.startswith("/")] == []


def test_kept_back_covers_every_intent(kept_back: dict[str, list[str]]) -> None:
    assert sorted(kept_back) == sorted(BUSY + OTHERS)
    assert sum(len(texts) for texts in kept_back.values()) >= 250


def test_kept_back_is_kept_back(
    corpus: dict[str, list[str]], kept_back: dict[str, list[str]]
) -> None:
    taught = {normalised(text) for texts in corpus.values() for text in texts}
    held = [text for texts in kept_back.values() for text in texts]
    assert [text for text in held if normalised(text) in taught] == []
    assert len({normalised(text) for text in held}) == len(held)
