"""What the transcripts cover, and the page that shows them to a pharmacist."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from bot.pharmacy.fill_states import FILL_STATES
from tests.transcripts.language import Line, Transcript, read

FOLDER = Path(__file__).parent
# What has been played and walked through in this run of the tests.
PLAYED: list[Transcript] = []
WALKED: set[tuple[str, str | None]] = set()
PAGE = FOLDER.parent.parent / "docs" / "situations.md"


def situations() -> dict[int, str]:
    """The thirty situations by number."""
    names: dict[int, str] = yaml.safe_load((FOLDER / "situations.yml").read_text("utf-8"))
    return names


def transcripts() -> list[Transcript]:
    """All transcripts of the folder, by file name."""
    return [read(path) for path in sorted(FOLDER.glob("*.md"))]


def summary(
    played: Sequence[Transcript] = PLAYED, states: set[tuple[str, str | None]] = WALKED
) -> list[str]:
    """The lines that `make test` prints, of what was played and walked through in this run."""
    wanted = {(state.name, reason) for state in FILL_STATES.values() for reason in state.reasons}
    shown = {number for transcript in played for number in transcript.situations}
    languages = sorted({transcript.language for transcript in played})
    reasons = {state for state in states if state[1] is not None}
    return [
        f"transcripts: {len(played)}",
        f"situations: {len(shown)} of {len(situations())}",
        f"fill states: {len({name for name, _ in states})} of {len(FILL_STATES)}",
        f"reasons: {len(reasons & wanted)} of {len(wanted)}",
        f"languages: {', '.join(languages)}",
    ]


def page() -> str:
    """docs/situations.md: every situation with the conversations that show it."""
    lines = [
        "# What the assistant says",
        "",
        "Generated from the transcripts in `tests/transcripts/`, which are tests: what stands",
        "here is what the assistant says. `…` stands for words that a transcript leaves open.",
        "Make it again with `.venv/bin/python -m tests.transcripts.coverage`.",
    ]
    everything = transcripts()
    for number, name in situations().items():
        lines += ["", f"## {number}. {name}"]
        for transcript in everything:
            if number in transcript.situations:
                lines += _conversation(transcript)
    others = [transcript for transcript in everything if not transcript.situations]
    lines += ["", "## Other conversations"]
    for transcript in others:
        lines += _conversation(transcript)
    return "\n".join(lines) + "\n"


def _conversation(transcript: Transcript) -> list[str]:
    moment = f"{transcript.now:%A, %B} {transcript.now.day}, {transcript.now:%H:%M}"
    lines = ["", f"### {transcript.title}", "", f"On {moment}. Given:", ""]
    lines += [f"- {line.text}" for line in transcript.given] or ["- nothing"]
    lines.append("")
    return lines + [_spoken(line) for line in transcript.steps]


def _spoken(line: Line) -> str:
    text = line.text.replace("\n", " ")
    if line.speaker == "act":
        return f"> *The patient {text}.*  "
    return f"> **{line.speaker.capitalize()}:** {text}  "


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
