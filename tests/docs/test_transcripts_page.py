"""docs/transcripts.md teaches the language that the tests understand."""

import json
from pathlib import Path

import pytest

from bot.feed import json_lines
from bot.services.feed_batch import FeedRejected
from tests.docs.pages import ROOT, fences, text_of
from tests.transcripts import given
from tests.transcripts.given import Records
from tests.transcripts.language import DEFAULT_NOW, read

PAGE = ROOT / "docs" / "transcripts.md"
EXAMPLES = fences(PAGE, "transcript")


def test_the_first_example_is_a_transcript_that_is_played() -> None:
    """So that what the page shows is known to be true on the real stack."""
    played = [path.read_text("utf-8") for path in (ROOT / "tests" / "transcripts").glob("*.md")]
    assert EXAMPLES[0] in played


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_can_be_read(tmp_path: Path, number: int) -> None:
    path = tmp_path / "example.md"
    path.write_text(EXAMPLES[number], encoding="utf-8")
    transcript = read(path)
    records = Records(transcript)
    try:
        json_lines.read(_lines(records))
    except FeedRejected as error:
        pytest.fail(f"the records of the example are refused:\n{error}")


def test_every_speaker_and_act_is_shown() -> None:
    text = "".join(EXAMPLES)
    for line in (
        "# ", "now: ", "language: ", "situation: ", "given: ", "given: stock, ",
        "given: caregiver ", "given: store, closed ", "patient: ", "patient chooses ",
        "patient verifies as ", " by Rx number\n", "patient fails to verify as ", "bot: ",
        "staff sees: ", "\n  ", "…",
    ):  # fmt: skip
        assert line in text, f"no example shows {line!r}"


def test_every_field_and_short_name_is_listed() -> None:
    text = text_of(PAGE)
    fields = {name.replace("_", " ") for group in given.FEED_FIELDS.values() for name in group}
    missing = {name for name in fields | set(given.SHORT) if f"`{name}`" not in text}
    # Known to the reader, but no field of the feed: it could only be refused.
    assert missing == {"quantity written"}
    assert DEFAULT_NOW in text


def _lines(records: Records) -> list[str]:
    return [json.dumps(record) for record in records.feed()]
