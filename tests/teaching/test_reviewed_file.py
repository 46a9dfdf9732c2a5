"""The training file that is made of approved sentences: whatever patients write, it is a list."""

import json
import random
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bot.pharmacy.intents import NAMES
from bot.places import RASA_PYTHON, ROOT
from bot.services.taught import ApprovedSentence
from bot.teaching.reviewed_file import EMPTY, one_line, usable, written

AWKWARD = [
    "- when do you open",
    "# is it ready",
    "'quoted' \"twice\" `thrice`",
    "a: b",
    "a\nb\r\nc\td\u2028e\x85f\x00g\x1b[0m",
    "[my pills](medicine)",
    '[my pills]{"entity": "medicine"}',
    "[rx number] done yet?",
    "/ when do you open",
    "& * ! | > % @ `",
    "%TAG ! tag:x,2000:",
    "--- ...",
    "{{ jinja }} {% if %} ${HOME} \\n \\u0041",
    "ñandú ¿está lista? 你好 🙂‍↔️",
    "\ud800 lonely",
    "\ufeffmarked",
    "  wide   open  ",
    "x" * 2000,
]


def approved(*texts: str, intent: str = "ask_hours") -> list[ApprovedSentence]:
    return [ApprovedSentence(text, intent) for text in texts]


def read(text: str) -> list[tuple[str, str]]:
    """(intent, sentence) of a file, as data/nlu is read."""
    return [
        (entry["intent"], line[2:])
        for entry in yaml.safe_load(text)["nlu"]
        for line in entry["examples"].splitlines()
    ]


def test_the_form_is_that_of_the_other_files() -> None:
    sentences = [*approved("hours?", "abre hoy"), *approved("my copay", intent="ask_price")]
    assert written(usable(sentences)) == (
        'version: "3.1"\n\n'
        "# Sentences of patients, redacted, to which pharmacists have given an intent.\n\n"
        "nlu:\n"
        "- intent: ask_hours\n  examples: |\n    - abre hoy\n    - hours?\n"
        "- intent: ask_price\n  examples: |\n    - my copay\n"
    )
    assert yaml.safe_load(EMPTY)["nlu"] == []
    assert written([]) == EMPTY


def test_the_same_sentences_give_the_same_file() -> None:
    sentences = [ApprovedSentence(f"text {n}", intent) for n in range(9) for intent in NAMES]
    sentences = list({each.text: each for each in sentences}.values())
    shuffled = random.Random(1).sample(sentences, len(sentences))
    assert written(usable(shuffled)) == written(usable(sentences))


def test_the_later_of_two_decisions_counts() -> None:
    sentences = [*approved("Is it ready"), *approved("is it  ready", intent="ask_status")]
    assert usable(sentences) == approved("is it ready", intent="ask_status")


def test_what_cannot_be_taught_is_left_out() -> None:
    nothing = ["", "  ", "\u200b\u200d", "/restart", '/ask_status{"x": "y"}', "\x00"]
    assert usable([*approved(*nothing), *approved("hello", intent="of_an_older_version")]) == []


@given(st.lists(st.text(), max_size=8))
@example(AWKWARD)
def test_every_sentence_comes_back_as_one_line(texts: list[str]) -> None:
    sentences = usable(approved(*texts))
    assert read(written(sentences)) == [(each.intent, each.text) for each in sentences]
    for sentence in sentences:
        assert sentence.text == one_line(sentence.text)
        assert sentence.text.isprintable()


@pytest.mark.stack
def test_rasa_reads_the_same_sentences_and_no_marks_in_them(tmp_path: Path) -> None:
    sentences = usable(approved(*AWKWARD))
    assert len(sentences) == len(AWKWARD)
    (tmp_path / "reviewed.yml").write_text(written(sentences), encoding="utf-8")
    done = subprocess.run(
        [
            str(RASA_PYTHON), "-c",
            "import json, sys; from bot.nlu.quiet import prepare_process; prepare_process(); "
            "from rasa.shared.importers.rasa import RasaFileImporter; "
            "found = RasaFileImporter('config.yml', 'domain.yml', [sys.argv[1]]).get_nlu_data(); "
            "print(json.dumps([[m.get('intent'), m.get('text'), m.get('entities')] "
            "for m in found.training_examples]))",
            str(tmp_path),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert sorted(text for _, text, _ in found) == sorted(each.text for each in sentences)
    assert [entities for _, _, entities in found if entities] == []
