"""Commands about conversations: reading messages in bulk, listing what waits for a person."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any

from bot.bootstrap import build
from bot.cli.model import parse_lines
from bot.cli.teach import model_to_read
from bot.services.escalations import listed
from bot.settings import Settings
from bot.storage.conversations import Escalation

EXPLAINED = 4  # guesses
COLUMNS = (
    "id", "state", "queue", "priority", "reason", "opened_at", "due_at", "unread", "claimed_by",
)  # fmt: skip


def parse(settings: Settings, given: argparse.Namespace) -> int:
    """Print a JSON line for each line of standard input, in order, or with --explain a text."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    lines = [line.rstrip("\r\n") for line in sys.stdin]
    for answer in parse_lines(settings, lines, model_to_read(settings)):
        print(
            "\n".join(_explained(answer))
            if given.explain
            else json.dumps(answer, ensure_ascii=False)
        )
    return 0


def _explained(answer: dict[str, Any]) -> Iterator[str]:
    """What a message is understood as, and why, for a person at a terminal."""
    yield answer["text"]
    yield f"  {answer['intent']}  {answer['confidence']:.2f}, goes to: {answer['route']}"
    for guess in answer["ranking"][:EXPLAINED]:
        if guess["intent"] not in (answer["intent"], "nlu_fallback"):
            yield f"  else {guess['intent']}  {guess['confidence']:.2f}"
    for example in answer["nearest"]:
        yield f"  like {example['similarity']:.2f}  {example['text']}  ({example['intent']})"
    for rule, matched in answer["rules"].items():
        yield f"  red flag ({', '.join(answer['red_flags'])}), {rule}: {matched}"
    if not answer["rules"]:
        yield "  no red flag"


def print_escalations(settings: Settings, given: argparse.Namespace) -> int:
    """Print the escalations: urgent first, then by due time."""
    rows = asyncio.run(_load(settings, everything=given.all))
    if given.json:
        for row in rows:
            print(json.dumps(_as_json(row), ensure_ascii=False))
        return 0
    if not rows:
        print("Nothing waits for a person.")
        return 0
    table = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in table) for at in range(len(COLUMNS))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    return 0


async def _load(settings: Settings, *, everything: bool) -> list[Escalation]:
    app = build(settings)
    try:
        async with app.database.read() as session:
            return list(await listed(session, everything=everything))
    finally:
        await app.database.close()


def _cells(row: Escalation) -> tuple[str, ...]:
    return (
        str(row.escalation_id), row.state, row.queue, row.priority, row.reason,
        f"{row.opened_at:%Y-%m-%d %H:%M}Z", f"{row.due_at:%Y-%m-%d %H:%M}Z", str(row.unread),
        row.claimed_by or "",
    )  # fmt: skip


def _as_json(row: Escalation) -> dict[str, object]:
    return {
        "escalation_id": row.escalation_id,
        "conversation_id": row.conversation_id,
        "queue": row.queue,
        "priority": row.priority,
        "reason": row.reason,
        "question": row.question,
        "state": row.state,
        "opened_at": row.opened_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "unread": row.unread,
        "claimed_by": row.claimed_by,
    }
